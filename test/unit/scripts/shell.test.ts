import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../../scripts/shell.ts";

describe("a script", () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-script-"));
	after(() => rmSync(folder, { recursive: true }));

	const shell = pathToFileURL(path.join(root, "scripts", "shell.ts")).href;

	function run(main: string) {
		const file = path.join(folder, "script.mts");
		writeFileSync(
			file,
			`import { runScript, UserError } from ${JSON.stringify(shell)};
			await runScript(async () => { ${main} });`,
		);
		const { status, stderr } = spawnSync(
			process.execPath,
			["--import", "tsx", file],
			{ cwd: root, encoding: "utf8" },
		);
		return { status, stderr: stderr.trim() };
	}

	it("exits with the code that its main function returns", () => {
		assert.deepEqual(run("return 0;"), { status: 0, stderr: "" });
		assert.deepEqual(run("return 3;"), { status: 3, stderr: "" });
	});

	it("prints a failure that the user can fix as a sentence", () => {
		assert.deepEqual(run('throw new UserError("No such model.");'), {
			status: 1,
			stderr: "No such model.",
		});
	});

	it("prints any other failure with its stack", () => {
		const { status, stderr } = run('throw new RangeError("too far");');
		assert.equal(status, 1);
		assert.match(stderr, /RangeError: too far\n\s+at /);
	});

	it("fails when nothing is left to wait for before its work is done", () => {
		const { status, stderr } = run("return await new Promise(() => {});");
		assert.notEqual(status, 0);
		assert.match(stderr, /ended before its work was done/);
	});
});
