/**
 * Traces of someone who types: a file as it was, and edits with their times. They are made at run time from the project's own
 * history and from the sources of installed packages, or read from a folder.
 */

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod/mini";
import { root } from "../../scripts/shell.ts";
import { seededRandom } from "../support/seededRandom.ts";
import { keyTimesMs, type TypistName } from "./typists.ts";

const count = z.int().check(z.nonnegative());

export const Trace = z.object({
	path: z.string(),
	languageId: z.string(),
	text: z.string(),
	files: z.array(z.object({ path: z.string(), text: z.string() })),
	events: z.array(
		z.object({
			/** Since the start of the trace. */
			ms: z.number(),
			offset: count,
			remove: count,
			insert: z.string(),
		}),
	),
});
export type Trace = z.infer<typeof Trace>;

/** Every `*.json` in a folder. Throws where one is no trace. */
export function readTraces(folder: string): Trace[] {
	return readdirSync(folder)
		.filter((name) => name.endsWith(".json"))
		.sort()
		.map((name) => {
			const file = path.join(folder, name);
			const parsed = Trace.safeParse(JSON.parse(readFileSync(file, "utf8")));
			if (!parsed.success)
				throw new Error(`${file} is not a trace: ${parsed.error.message}`);
			return parsed.data;
		});
}

/** Traces in TypeScript, JavaScript and Python, the same in every run on the same checkout. */
export function makeTraces(perLanguage: number, typist: TypistName): Trace[] {
	return [
		...historyTraces(perLanguage),
		...packageTraces("javascript", javascriptFiles(), perLanguage),
		...packageTraces("python", pythonFiles(), perLanguage),
	].map((trace, index) => typedBy(typist, trace, index));
}

/** The same trace with the rhythm of a typist. */
export function typedBy(typist: TypistName, trace: Trace, seed: number): Trace {
	const keys = trace.events.map(({ insert }) => insert);
	const times = keyTimesMs(keys, typist, seed);
	return {
		...trace,
		events: trace.events.map((event, index) => ({
			...event,
			ms: times[index] ?? event.ms,
		})),
	};
}

const minTypedChars = 120;
const maxTypedChars = 500;

/** Insertions that the project's own commits made: what was really written, where it was written. */
function historyTraces(most: number): Trace[] {
	const git = (...args: string[]) =>
		execFileSync("git", args, {
			cwd: root,
			encoding: "utf8",
			maxBuffer: 64 * 1024 * 1024,
		});
	const traces: Trace[] = [];
	const commits = git("log", "--format=%H", "--no-merges", "-200").trim();
	for (const commit of commits.split("\n")) {
		const changed = git(
			"diff-tree",
			"-r",
			"--no-commit-id",
			"--name-status",
			commit,
		)
			.trim()
			.split("\n");
		for (const line of changed) {
			const [status, file = ""] = line.split("\t");
			if (status !== "M" || !file.startsWith("src/") || !file.endsWith(".ts"))
				continue;
			const before = git("show", `${commit}^:${file}`);
			const after = git("show", `${commit}:${file}`);
			const trace = insertionTrace(file, before, after);
			if (trace) traces.push(trace);
			if (traces.length === most) return traces;
		}
	}
	// A young or shallow history has few: the files themselves make up for the rest.
	const sources = git("ls-files", "src").trim().split("\n");
	return [
		...traces,
		...packageTraces(
			"typescript",
			sources.map((file) => path.join(root, file)),
			most - traces.length,
		),
	];
}

/** The one stretch in which two versions of a file differ, typed; undefined where it is too short or too long. */
function insertionTrace(
	file: string,
	before: string,
	after: string,
): Trace | undefined {
	let start = 0;
	while (start < before.length && before[start] === after[start]) start++;
	let end = 0;
	while (
		end < before.length - start &&
		end < after.length - start &&
		before.at(-1 - end) === after.at(-1 - end)
	)
		end++;
	const typed = after.slice(start, after.length - end);
	const remove = before.length - end - start;
	if (
		typed.length < minTypedChars ||
		typed.length > 3 * maxTypedChars ||
		remove > 200
	)
		return undefined;
	return {
		path: file,
		languageId: "typescript",
		text: before,
		files: [],
		events: typing(typed.slice(0, maxTypedChars), start, remove),
	};
}

/** A stretch of whole lines of each file, taken out and typed again. */
function packageTraces(
	languageId: string,
	files: readonly string[],
	most: number,
): Trace[] {
	const traces: Trace[] = [];
	const random = seededRandom(languageId.length);
	const shuffled = files
		.map((file) => ({ file, order: random() }))
		.sort((a, b) => a.order - b.order);
	for (const { file } of shuffled) {
		if (traces.length >= most) break;
		const text = readFileSync(file, "utf8").replaceAll("\r\n", "\n");
		if (text.length < 2_000 || text.length > 40_000) continue;
		const lines = text.split("\n");
		// Minified code is nobody's typing.
		if (lines.some((line) => line.length > 200)) continue;
		const middle = Math.floor(text.length * (0.3 + 0.4 * random()));
		const start = text.indexOf("\n", middle) + 1;
		const end = text.indexOf("\n", start + minTypedChars + random() * 250);
		if (start === 0 || end < 0 || end - start > maxTypedChars) continue;
		traces.push({
			path: shortPath(file),
			languageId,
			text: text.slice(0, start) + text.slice(end),
			files: neighborsOf(file, files),
			events: typing(text.slice(start, end), start, 0),
		});
	}
	return traces;
}

const maxNeighbours = 6;

/** The files of the same folder that are nearest by name: what someone has open beside it. */
function neighborsOf(file: string, files: readonly string[]): Trace["files"] {
	const folder = path.dirname(file);
	const siblings = files.filter(
		(it) => it !== file && path.dirname(it) === folder && existsSync(it),
	);
	const at = siblings.findIndex((it) => it > file);
	return siblings
		.slice(Math.max(0, (at < 0 ? siblings.length : at) - maxNeighbours / 2))
		.slice(0, maxNeighbours)
		.map((it) => ({
			path: shortPath(it),
			text: readFileSync(it, "utf8").replaceAll("\r\n", "\n"),
		}));
}

export function shortPath(file: string): string {
	return path.relative(root, file).split(path.sep).slice(-3).join("/");
}

/** One event per key. The editor indents a new line by itself, so that comes with the key. */
function typing(text: string, offset: number, remove: number): Trace["events"] {
	const keys = text.match(/\n[ \t]*|[\s\S]/g) ?? [];
	let at = offset;
	return keys.map((insert, index) => {
		const event = {
			ms: 0,
			offset: at,
			remove: index === 0 ? remove : 0,
			insert,
		};
		at += insert.length;
		return event;
	});
}

function filesIn(folder: string, extension: string): string[] {
	if (!existsSync(folder)) return [];
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter(
			(name) => name.endsWith(extension) && !name.includes("node_modules"),
		)
		.sort()
		.map((name) => path.join(folder, name));
}

export function javascriptFiles(): string[] {
	return [
		"mocha/lib",
		"node-llama-cpp/dist/evaluator",
		"semver",
		"tar/dist/esm",
	]
		.map((name) => path.join(root, "node_modules", name))
		.flatMap((folder) => filesIn(folder, ".js"));
}

/** npm brings a build tool in Python with it. */
export function pythonFiles(): string[] {
	const npmRoot = execFileSync("npm", ["root", "-g"], {
		encoding: "utf8",
		stdio: ["ignore", "pipe", "ignore"],
	}).trim();
	return filesIn(path.join(npmRoot, "npm", "node_modules", "node-gyp"), ".py");
}
