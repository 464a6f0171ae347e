/**
 * Runs all tests, or the groups named: checks, unit, engine, workbench. Suites run side by side; the output of each is printed as a whole.
 * Failures are printed once more at the end, where they are found without searching. The last line is `N passed, N failed`, with
 * `, N skipped` where tests were skipped.
 *
 * HEADROOM_TEST_JOBS sets how many suites run at once.
 */

import { type ChildProcess, spawn } from "node:child_process";
import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { runSuite } from "../test/support/workbench/runSuite.ts";
import { root, runScript, UserError } from "./shell.ts";
import {
	type Counts,
	type Print,
	runSideBySide,
	type Suite,
	type SuiteResult,
} from "./sideBySide.ts";
import { newestVersion, oldestVersion } from "./vscodeServer.ts";

const groups = ["checks", "unit", "engine", "workbench"];

/** Of a suite with a VS Code server, a browser, an extension host and an engine. */
const bytesPerSuite = 2.5e9;

/** Longer than any suite takes on a busy machine: one that runs this long hangs. */
const suiteLimitMs = 1_800_000;

const cores = os.availableParallelism();
// One more than cores: suites in the browser wait now and then.
const defaultJobs = Math.max(
	1,
	Math.min(cores + 1, Math.floor(os.freemem() / bytesPerSuite)),
);
const { HEADROOM_TEST_JOBS: jobs = defaultJobs } = process.env;
// llama.cpp keeps a core busy, and its threads collapse where there are more of them than cores.
const jobsOfKind = { engine: Math.max(1, Math.floor(cores / 2)) };

async function main(): Promise<number> {
	const wanted = process.argv.slice(2);
	for (const name of wanted)
		if (!groups.includes(name))
			throw new UserError(
				`There is no group of tests named "${name}"; there are ${groups.join(", ")}.`,
			);
	const startMs = performance.now();
	const results = await runSideBySide(
		suitesOf(wanted.length > 0 ? wanted : groups),
		{
			jobs: Number(jobs),
			jobsOfKind,
			print: (text) => process.stdout.write(text),
		},
	);
	console.log("\n== time ==\n");
	for (const { suite, tookMs } of results)
		console.log(`${seconds(tookMs)}  ${suite.group}: ${suite.title}`);
	console.log(`${seconds(performance.now() - startMs)}  in all`);
	printFailures(results);
	const sum = (key: "passed" | "failed" | "skipped") =>
		results.reduce((total, { counts }) => total + counts[key], 0);
	const skipped = sum("skipped");
	console.log(
		`\n${sum("passed")} passed, ${sum("failed")} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
	);
	return sum("failed") > 0 ? 1 : 0;
}

function printFailures(results: readonly SuiteResult[]): void {
	const failed = results.filter(({ counts }) => counts.failed > 0);
	if (failed.length > 0) console.log("\n== failed ==");
	for (const { suite, counts } of failed)
		for (const it of counts.failures ?? ["see above"])
			console.log(`\n${suite.group}: ${suite.title}: ${it}`);
}

function seconds(ms: number): string {
	return `${(ms / 1000).toFixed(1).padStart(7)} s`;
}

/** In the order in which they are printed. */
function suitesOf(wanted: readonly string[]): Suite[] {
	// One after the other, as Debian's package manager takes no two at once; suites of the engine need not wait for VS Code.
	const provisions: Suite[] = [];
	for (const group of ["engine", "workbench"])
		if (wanted.includes(group))
			provisions.push({
				group: "what tests need",
				title: group,
				needs: [...provisions],
				run: (print) => provide(group, print),
			});
	const needsOf = (group: string): readonly Suite[] =>
		provisions.filter(({ title }) => title === group);
	const inBrowser = (file: string): Suite => ({
		group: "workbench",
		title: path.basename(file, ".test.ts"),
		needs: needsOf("workbench"),
		run: (print) => mocha([file], print),
	});
	const suites: Readonly<Record<string, () => readonly Suite[]>> = {
		checks: () => [
			check("format and lint", "@biomejs/biome/bin/biome", ["ci"]),
			check("types", "typescript/bin/tsc", ["-p", "."]),
			check("types of the webview", "typescript/bin/tsc", [
				"-p",
				"src/webview",
			]),
			check("dead code", "knip/bin/knip.js", []),
		],
		unit: () => [
			{
				group: "unit",
				title: "all",
				run: (print) => mocha(["test/unit/**/*.test.ts"], print),
			},
		],
		engine: () =>
			testFiles("test/engine").map((file) => ({
				group: "engine",
				title: path.basename(file, ".test.ts"),
				kind: "engine",
				needs: needsOf("engine"),
				run: (print) => mocha([file], print),
			})),
		workbench: () => [
			...[oldestVersion, newestVersion].map(
				(version): Suite => ({
					group: "workbench",
					title: `in the extension host of VS Code ${version.replace(/^4/, "1")}`,
					needs: needsOf("workbench"),
					run: (print) => extensionHostSuite(version, print),
				}),
			),
			...testFiles("test/workbench").map(inBrowser),
		],
	};
	return [
		...provisions,
		...groups
			.filter((it) => wanted.includes(it))
			.flatMap((it) => suites[it]?.() ?? []),
	];
}

function testFiles(folder: string): string[] {
	return readdirSync(path.join(root, folder))
		.filter((name) => name.endsWith(".test.ts"))
		.sort()
		.map((name) => `${folder}/${name}`);
}

async function provide(group: string, print: Print): Promise<Counts> {
	const script = path.join(root, "scripts", "provideForTests.ts");
	const ended = await run(["--import", "tsx", script, group], print);
	if (ended !== 0) throw new UserError("What tests need is not there.");
	return { passed: 0, failed: 0, skipped: 0 };
}

function check(title: string, program: string, args: readonly string[]): Suite {
	return {
		group: "checks",
		title,
		run: async (print) => {
			const isPassed = (await run([modulePath(program), ...args], print)) === 0;
			print(`${isPassed ? "passed" : "FAILED"}: ${title}\n`);
			return {
				passed: isPassed ? 1 : 0,
				failed: isPassed ? 0 : 1,
				skipped: 0,
			};
		},
	};
}

async function mocha(
	patterns: readonly string[],
	print: Print,
): Promise<Counts> {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-counts-"));
	const countsFile = path.join(folder, "counts.json");
	const reporter = path.join(root, "test/support/countingReporter.cjs");
	try {
		const ended = await run(
			[modulePath("mocha/bin/mocha.js"), "--reporter", reporter, ...patterns],
			print,
			{ HEADROOM_TEST_COUNTS: countsFile },
		);
		const counts: Counts | undefined = existsSync(countsFile)
			? JSON.parse(readFileSync(countsFile, "utf8"))
			: undefined;
		// A run that dies has failed, whatever it printed.
		if (!counts || (ended !== 0 && counts.failed === 0)) {
			print(`FAILED: mocha ended with ${ended}\n`);
			return { passed: 0, skipped: 0, ...counts, failed: 1 };
		}
		return counts;
	} finally {
		rmSync(folder, { recursive: true });
	}
}

async function extensionHostSuite(
	version: string,
	print: Print,
): Promise<Counts> {
	const { tests, failure } = await runSuite(version);
	for (const { title, ms, error, isSkipped } of tests) {
		const mark = error ? "FAILED" : isSkipped ? "-" : "✔";
		print(`    ${mark} ${title} (${ms}ms)\n`);
		if (error) print(`${error}\n`);
	}
	if (failure) print(`    FAILED: ${failure}\n`);
	const failed = tests.filter(({ error }) => error !== undefined).length;
	const skipped = tests.filter(({ isSkipped }) => isSkipped).length;
	return {
		passed: tests.length - failed - skipped,
		failed: failed + (failure ? 1 : 0),
		skipped,
		failures: [
			...tests.flatMap(({ title, error }) =>
				error === undefined ? [] : [`${title}\n${error}`],
			),
			...(failure ? [failure] : []),
		],
	};
}

function modulePath(file: string): string {
	return path.join(root, "node_modules", file);
}

const children = new Set<ChildProcess>();
process.on("exit", () => {
	for (const child of children) child.kill();
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
	process.on(signal, () => process.exit(130));

/** Runs Node to the end; returns its exit code, or the signal that ended it. */
function run(
	args: readonly string[],
	print: Print,
	env: NodeJS.ProcessEnv = {},
): Promise<number | string> {
	const color = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
	const child = spawn(process.execPath, args, {
		cwd: root,
		stdio: ["ignore", "pipe", "pipe"],
		env: { ...color, ...process.env, ...env },
	});
	children.add(child);
	const timer = setTimeout(() => child.kill("SIGKILL"), suiteLimitMs);
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding("utf8");
		stream.on("data", print);
	}
	return new Promise((resolve, reject) => {
		child.on("error", reject);
		child.on("close", (code, signal) => {
			clearTimeout(timer);
			children.delete(child);
			resolve(code ?? signal ?? "nothing");
		});
	});
}

await runScript(main);
