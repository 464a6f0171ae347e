/**
 * Runs all tests, or the groups named: checks, unit, engine, workbench. The last line is `N passed, N failed`.
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { runSuite } from "../test/support/workbench/runSuite.ts";
import { requireProgram, root, runScript, UserError } from "./shell.ts";
import { provideSoftwareGpu } from "./softwareGpu.ts";
import { newestVersion, oldestVersion } from "./vscodeServer.ts";

interface Counts {
	readonly passed: number;
	readonly failed: number;
	readonly skipped: number;
}

const groups: Readonly<Record<string, () => Promise<Counts[]> | Counts[]>> = {
	checks: () => [
		check("format and lint", "@biomejs/biome/bin/biome", ["ci"]),
		check("types", "typescript/bin/tsc", ["-p", "."]),
		check("types of the webview", "typescript/bin/tsc", ["-p", "src/webview"]),
		check("dead code", "knip/bin/knip.js", []),
	],
	unit: () => [mocha("test/unit/**/*.test.ts")],
	engine: () => {
		provideSoftwareGpu();
		return [mocha("test/engine/**/*.test.ts")];
	},
	workbench: async () => [
		await suite(oldestVersion),
		await suite(newestVersion),
		mocha("test/workbench/*.test.ts"),
	],
};

async function main(): Promise<number> {
	const wanted = process.argv.slice(2);
	for (const name of wanted)
		if (!groups[name])
			throw new UserError(
				`There is no group of tests named "${name}"; there are ${Object.keys(groups).join(", ")}.`,
			);
	const all: Counts[] = [];
	for (const [name, run] of Object.entries(groups)) {
		if (wanted.length > 0 && !wanted.includes(name)) continue;
		heading(name);
		all.push(...(await run()));
	}
	const sum = (key: keyof Counts) =>
		all.reduce((total, counts) => total + counts[key], 0);
	const skipped = sum("skipped");
	console.log(
		`\n${sum("passed")} passed, ${sum("failed")} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
	);
	return sum("failed") > 0 ? 1 : 0;
}

function heading(text: string): void {
	console.log(`\n== ${text} ==`);
}

function modulePath(file: string): string {
	return path.join(root, "node_modules", file);
}

function check(what: string, program: string, args: readonly string[]): Counts {
	const { status } = spawnSync(
		process.execPath,
		[modulePath(program), ...args],
		{ cwd: root, stdio: "inherit" },
	);
	console.log(`${status === 0 ? "passed" : "FAILED"}: ${what}`);
	return {
		passed: status === 0 ? 1 : 0,
		failed: status === 0 ? 0 : 1,
		skipped: 0,
	};
}

function mocha(pattern: string): Counts {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-counts-"));
	const countsFile = path.join(folder, "counts.json");
	spawnSync(
		process.execPath,
		[
			modulePath("mocha/bin/mocha.js"),
			"--reporter",
			path.join(root, "test/support/countingReporter.cjs"),
			pattern,
		],
		{
			cwd: root,
			stdio: "inherit",
			env: { ...process.env, HEADROOM_TEST_COUNTS: countsFile },
		},
	);
	// A run that ends before its end has not passed, whatever it printed.
	const counts: Counts = existsSync(countsFile)
		? JSON.parse(readFileSync(countsFile, "utf8"))
		: { passed: 0, failed: 1, skipped: 0 };
	rmSync(folder, { recursive: true });
	return counts;
}

async function suite(version: string): Promise<Counts> {
	requireProgram(["chromium", "chromium-browser"], "chromium");
	console.log(
		`\n  in the extension host of VS Code ${version.replace(/^4/, "1")}`,
	);
	const { tests, failure } = await runSuite(version);
	for (const { title, ms, error, isSkipped } of tests) {
		const mark = error ? "FAILED" : isSkipped ? "-" : "✔";
		console.log(`    ${mark} ${title} (${ms}ms)`);
		if (error) console.log(error);
	}
	if (failure) console.log(`    FAILED: ${failure}`);
	const failed = tests.filter(({ error }) => error !== undefined).length;
	const skipped = tests.filter(({ isSkipped }) => isSkipped).length;
	return {
		passed: tests.length - failed - skipped,
		failed: failed + (failure ? 1 : 0),
		skipped,
	};
}

await runScript(main);
