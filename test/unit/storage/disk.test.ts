import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
	linkSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { openFile } from "../../../src/storage/disk.ts";

describe("openFile", () => {
	let folder: string;
	const at = (name: string) => path.join(folder, name);
	beforeEach(() => {
		folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
		writeFileSync(at("precious"), "mine");
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	it("appends to a file, and creates it where it is missing", async () => {
		for (const text of ["one", "two"]) {
			const sink = await openFile(at("model.part"), "a");
			await sink.write(Buffer.from(text));
			await sink.close();
		}
		assert.equal(readFileSync(at("model.part"), "utf8"), "onetwo");
	});

	const planted: Readonly<Record<string, (name: string) => void>> = {
		"a symbolic link": (name) => symlinkSync(at("precious"), name),
		"a link to nothing": (name) => symlinkSync(at("gone"), name),
		"a link to itself": (name) => symlinkSync(name, name),
		"a second name of another file": (name) => linkSync(at("precious"), name),
		"a named pipe": (name) => execFileSync("mkfifo", [name]),
	};
	for (const [what, plant] of Object.entries(planted))
		for (const flags of ["a", "wx"] as const)
			it(`refuses ${what} (${flags})`, async function () {
				if (process.platform === "win32") this.skip();
				plant(at("model.part"));
				await assert.rejects(openFile(at("model.part"), flags));
				assert.equal(readFileSync(at("precious"), "utf8"), "mine");
			});
});
