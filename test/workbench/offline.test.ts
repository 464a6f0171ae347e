/** What the system sees of a session: no connection to anywhere, neither of the engine nor of the process that runs the extension. */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { requireProgram } from "../../scripts/shell.ts";
import { newestVersion } from "../../scripts/vscodeServer.ts";
import {
	parentOf,
	untilEngineBelow,
} from "../support/models/engineProcesses.ts";
import { writeOtherModel } from "../support/models/otherModel.ts";
import { Session } from "../support/workbench/session.ts";
import type { Person, TestServer } from "../support/workbench/workbench.ts";

describe("a session that is watched by strace", () => {
	const session = new Session();
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	const trace = path.join(folder, "trace.txt");
	let person: Person;
	let server: TestServer;
	let strace: ChildProcess | undefined;

	before(async () => {
		writeOtherModel(path.join(folder, "tiny-draft.gguf"));
		({ person, server } = await session.start(newestVersion, {
			userSettings: {
				"headroom.models.folders": [folder],
				"headroom.models.searchStores": false,
			},
		}));
	});
	after(async () => {
		strace?.kill("SIGKILL");
		await session.stop();
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

	/** Follows the process and all that it starts from now on. False where the system lets nobody do that, as some containers do. */
	async function watch(pid: number): Promise<boolean> {
		const program = requireProgram(["strace"], "strace");
		const started = spawn(
			program,
			["-f", "-e", "trace=network", "-o", trace, "-p", String(pid)],
			{ stdio: ["ignore", "ignore", "pipe"] },
		);
		strace = started;
		let said = "";
		const isAttached = new Promise<boolean>((resolve) => {
			// Read to the end: strace reports every thread there, and would block on a full pipe.
			started.stderr.on("data", (piece) => {
				said += String(piece);
				if (/attached/.test(said)) resolve(true);
			});
			started.once("close", () => resolve(false));
		});
		if (await isAttached) return true;
		assert.match(said, /not permitted/, "it watches, or may not");
		return false;
	}

	it("completes, switches models, and frees the memory, and nothing connects", async function () {
		await person.open("shapes.ts");
		await complete();
		const engine = await untilEngineBelow(server.processId);
		if (!(await watch(parentOf(engine)))) this.skip();

		// Stopped and started again: from here on the engine is watched too.
		await person.runCommand("Headroom: Free Memory Now");
		await complete();
		await person.runCommand("Headroom: Switch Model");
		const row = person.page
			.locator(".quick-input-list .monaco-list-row", { hasText: "tiny-draft" })
			.first();
		await row.waitFor();
		await person.type("tiny-draft", 5);
		await person.press("Enter");
		await person.untilStatus(/Draft 1\.6M/);
		await complete();
		await person.runCommand("Headroom: Get Model");
		await person.page
			.locator(".quick-input-list .monaco-list-row")
			.first()
			.waitFor();
		await person.press("Escape");

		assert.ok(strace);
		strace.kill("SIGINT");
		await once(strace, "exit");
		const lines = readFileSync(trace, "utf8").split("\n");
		// The channel to each engine: so the trace is not empty.
		assert.ok(lines.some((it) => /socketpair\(AF_UNIX/.test(it)));
		assert.deepEqual(
			lines.filter((it) =>
				/\b(connect|sendto|sendmsg|bind|socket)\(.*AF_INET/.test(it),
			),
			[],
		);
	});
});
