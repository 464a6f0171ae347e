/** What the system sees of a session: no connection to anywhere, neither of the engine nor of the process that runs the extension. */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Browser } from "playwright-core";
import { requireProgram } from "../../scripts/shell.ts";
import { newestVersion } from "../../scripts/vscodeServer.ts";
import { engineProcesses, parentOf } from "../support/engineProcesses.ts";
import { sampleWorkspace } from "../support/runSuite.ts";
import {
	openPage,
	Person,
	startBrowser,
	startServer,
	type TestServer,
} from "../support/workbench.ts";

describe("a session that is watched by strace", function () {
	this.timeout(180_000);
	const workspace = sampleWorkspace();
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	const trace = path.join(folder, "trace.txt");
	let server: TestServer;
	let browser: Browser;
	let person: Person;
	let strace: ChildProcess | undefined;

	before(async () => {
		server = await startServer(newestVersion);
		browser = await startBrowser();
		person = new Person(
			await openPage(browser, { port: server.port, workspace }),
		);
		await person.arrive();
	});
	after(async () => {
		strace?.kill("SIGKILL");
		await browser?.close();
		await server?.stop();
		rmSync(workspace, { recursive: true, force: true });
		rmSync(folder, { recursive: true });
	});

	async function complete(): Promise<void> {
		await person.press("Escape", "Control+End", "Enter");
		await person.typeUntilGhostText([
			"for (const shape of shapes) {",
			"return ",
			"const ",
		]);
	}

	/** Follows the process and all that it starts from now on. */
	async function watch(pid: number): Promise<void> {
		const program = requireProgram(["strace"], "strace");
		strace = spawn(program, [
			...["-f", "-e", "trace=network", "-o", trace],
			...["-p", String(pid)],
		]);
		for (let waited = 0; !existsSync(trace) && waited < 5000; waited += 50)
			await new Promise((resolve) => setTimeout(resolve, 50));
	}

	it("completes, switches models, and frees the memory, and nothing connects", async function () {
		await person.open("shapes.ts");
		await complete();
		const [engine] = engineProcesses();
		assert.ok(engine);
		await watch(parentOf(engine));
		if (strace?.exitCode !== null) this.skip();

		// Stopped and started again: from here on the engine is watched too.
		await person.runCommand("Headroom: Free Memory Now");
		await complete();
		await person.runCommand("Headroom: Switch Model");
		const row = person.page
			.locator(".quick-input-list .monaco-list-row", { hasText: "draft" })
			.first();
		await row.waitFor({ timeout: 30_000 });
		await person.type("headroom-draft", 5);
		await person.press("Enter");
		await person.untilStatus(/Draft 1\.6M/);
		await complete();
		await person.runCommand("Headroom: Get Model");
		await person.page
			.locator(".quick-input-list .monaco-list-row")
			.first()
			.waitFor();
		await person.press("Escape");

		strace.kill("SIGINT");
		await once(strace, "exit");
		const lines = readFileSync(trace, "utf8").split("\n");
		// The channel to each engine, so the trace did see what there was.
		assert.ok(lines.some((it) => /socketpair\(AF_UNIX/.test(it)));
		assert.deepEqual(
			lines.filter((it) =>
				/\b(connect|sendto|sendmsg|bind|socket)\(.*AF_INET/.test(it),
			),
			[],
		);
	});
});
