/**
 * Downloads the oldest supported and the newest desktop VS Code, and runs the workbench suite in both. Linux needs a display:
 * `xvfb-run -a npm run test:desktop`.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { runTests } from "@vscode/test-electron";
import {
	type SuiteTest,
	sampleWorkspace,
} from "../test/support/workbench/runSuite.ts";
import { root, runScript } from "./shell.ts";

async function main(): Promise<number> {
	let passed = 0;
	let failed = 0;
	for (const version of ["1.104.0", "stable"]) {
		console.log(`\n== VS Code ${version} ==`);
		const workspace = sampleWorkspace();
		const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-desktop-"));
		const resultFile = path.join(folder, "result.json");
		// The suite's own result says more than the exit code.
		const problem = await runTests({
			version,
			extensionDevelopmentPath: root,
			extensionTestsPath: path.join(root, "dist", "test", "suite.cjs"),
			launchArgs: [workspace, "--disable-extensions", "--skip-welcome"],
			extensionTestsEnv: { HEADROOM_TEST_RESULT: resultFile },
		}).then(
			() => undefined,
			(thrown: unknown) => thrown,
		);
		const tests = readResult(resultFile);
		const ran = tests.filter(({ isSkipped }) => !isSkipped);
		for (const { title, error } of ran) {
			console.log(`${error ? "FAILED" : "✔"} ${title}`);
			if (error) console.log(error);
		}
		const failures = tests.filter(({ error }) => error !== undefined).length;
		passed += ran.length - failures;
		failed += failures;
		if (problem && failures === 0) {
			console.log(`FAILED: ${problem}`);
			failed++;
		}
		rmSync(workspace, { recursive: true, force: true });
		rmSync(folder, { recursive: true, force: true });
	}
	console.log(`\n${passed} passed, ${failed} failed`);
	return failed > 0 ? 1 : 0;
}

function readResult(file: string): readonly SuiteTest[] {
	try {
		return JSON.parse(readFileSync(file, "utf8"));
	} catch {
		return [];
	}
}

await runScript(main);
