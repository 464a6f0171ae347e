import assert from "node:assert/strict";
import { walkFolder } from "../../../../src/models/stores/walkFolder.ts";
import {
	type TestFolder,
	testFolder,
} from "../../../support/models/toolFolders.ts";

describe("walkFolder", () => {
	let test: TestFolder;
	beforeEach(() => {
		test = testFolder();
	});
	afterEach(() => test.remove());

	const walk = (depth: number, entries: number) =>
		walkFolder(test.folder, {
			depth,
			entries,
			wantsFile: (name) => name.endsWith(".gguf"),
			wantsFolder: (name) => name !== "no",
		});

	it("lists by depth and then by name, and nothing that is not wanted", async () => {
		for (const file of ["b.gguf", "a.gguf", "x/c.gguf", "no/d.gguf", "e.txt"])
			test.write(file, "");
		assert.deepEqual(await walk(3, 100), {
			files: [test.at("a.gguf"), test.at("b.gguf"), test.at("x/c.gguf")],
			folders: [test.folder, test.at("x")],
			skipped: [],
		});
		assert.deepEqual((await walk(0, 100)).folders, [test.folder]);
	});

	it("ends where there is too much, with what it has, and says so", async () => {
		for (let i = 0; i < 30; i++) test.write(`${i % 3}/${i}.gguf`, "");
		const { files, skipped } = await walk(3, 12);
		assert.ok(files.length > 0 && files.length < 30, `${files.length} files`);
		assert.deepEqual(skipped, [
			{ path: test.folder, why: "it has more than 12 entries" },
		]);
	});

	it("treats a missing folder as empty", async () => {
		test.remove();
		assert.deepEqual(await walk(3, 12), {
			files: [],
			folders: [],
			skipped: [],
		});
	});
});
