/** Runs the workbench suite in the extension host of a VS Code server. */

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { root } from "../models/realEngine.ts";
import { openPage, outFolder, startBrowser, startServer } from "./workbench.ts";

export interface SuiteTest {
	readonly title: string;
	readonly ms: number;
	readonly error?: string;
	readonly isSkipped?: boolean;
}

export interface SuiteResult {
	readonly tests: readonly SuiteTest[];
	/** Why the suite did not finish, with the last errors of the workbench. */
	readonly failure?: string;
}

/** Longer than the suite takes on a busy machine. */
const suiteLimitMs = 1_200_000;

export function sampleWorkspace(): string {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-workspace-"));
	cpSync(path.join(root, "test/support/sampleWorkspace"), folder, {
		recursive: true,
	});
	return folder;
}

export async function runSuite(version: string): Promise<SuiteResult> {
	const workspace = sampleWorkspace();
	const resultFile = path.join(
		workspace,
		"..",
		`${path.basename(workspace)}.json`,
	);
	const server = await startServer(version, {
		env: { HEADROOM_TEST_RESULT: resultFile },
	});
	const browser = await startBrowser();
	const errors: string[] = [];
	try {
		let exited = (_: number | "timeout"): void => {};
		const exit = new Promise<number | "timeout">((resolve) => {
			exited = resolve;
		});
		const timer = setTimeout(() => exited("timeout"), suiteLimitMs);
		const page = await openPage(browser, {
			port: server.port,
			workspace,
			suiteFile: path.join(root, "dist", "test", "suite.cjs"),
			onExit: (code) => exited(code),
			onLog: (type, text) => {
				if (type === "error") errors.push(text.split("\n", 3).join("\n"));
			},
		});
		const code = await exit;
		clearTimeout(timer);
		if (code !== 0)
			await page.screenshot({
				path: path.join(outFolder, `suite-${version}.png`),
			});
		if (existsSync(resultFile))
			return { tests: JSON.parse(readFileSync(resultFile, "utf8")) };
		return {
			tests: [],
			failure: [`the suite ended with ${code}`, ...errors.slice(-5)].join("\n"),
		};
	} finally {
		await browser.close();
		await server.stop();
		rmSync(workspace, { recursive: true, force: true });
		rmSync(resultFile, { force: true });
	}
}
