import assert from "node:assert/strict";
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import {
	replaceFile,
	replaceFileSync,
} from "../../../src/storage/atomicFile.ts";

describe("replacing a file", () => {
	const root = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
	after(() => rmSync(root, { recursive: true }));

	const newFile = () =>
		path.join(mkdtempSync(path.join(root, "f-")), "new", "file.json");
	const namesBeside = (file: string) => readdirSync(path.dirname(file));

	for (const [name, replace] of [
		["asynchronously", replaceFile],
		[
			"synchronously",
			async (file: string, text: string) => replaceFileSync(file, text),
		],
	] as const) {
		it(`creates its folder, replaces the content and leaves nothing else, ${name}`, async () => {
			const file = newFile();
			await replace(file, "a longer old text");
			await replace(file, "new ä");
			assert.equal(readFileSync(file, "utf8"), "new ä");
			assert.deepEqual(namesBeside(file), ["file.json"]);
		});

		it(`fails where the name belongs to a folder, and leaves nothing behind, ${name}`, async () => {
			const file = newFile();
			mkdirSync(path.join(file, "inside"), { recursive: true });
			await assert.rejects(replace(file, "text"));
			assert.deepEqual(namesBeside(file), ["file.json"]);
			assert.ok(existsSync(path.join(file, "inside")));
		});
	}

	it("keeps what is private from other users", async function () {
		if (process.platform === "win32") this.skip();
		const file = newFile();
		await replaceFile(file, "text", { isPrivate: true });
		assert.equal(statSync(file).mode & 0o777, 0o600);
		assert.equal(statSync(path.dirname(file)).mode & 0o777, 0o700);
	});

	it("keeps the old file where the new text is stale by then", async () => {
		const file = newFile();
		await replaceFile(file, "old");
		await replaceFile(file, "stale", { isStale: () => true });
		assert.equal(readFileSync(file, "utf8"), "old");
		assert.deepEqual(namesBeside(file), ["file.json"]);
	});

	it("ends with one whole text where several are written at once", async () => {
		const file = newFile();
		const texts = Array.from({ length: 10 }, (_, index) =>
			String(index).repeat(10_000),
		);
		await Promise.all(texts.map((it) => replaceFile(file, it)));
		assert.ok(texts.includes(readFileSync(file, "utf8")));
		assert.deepEqual(namesBeside(file), ["file.json"]);
	});

	it("does not follow a symbolic link, but takes its place", async function () {
		if (process.platform === "win32") this.skip();
		const file = newFile();
		const target = path.join(root, "target");
		writeFileSync(target, "other");
		mkdirSync(path.dirname(file));
		symlinkSync(target, file);
		await replaceFile(file, "text");
		assert.equal(readFileSync(target, "utf8"), "other");
		assert.equal(readFileSync(file, "utf8"), "text");
	});
});
