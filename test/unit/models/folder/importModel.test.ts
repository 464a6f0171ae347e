import assert from "node:assert/strict";
import fs, {
	existsSync,
	lstatSync,
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
	type ImportRequest,
	importModels,
} from "../../../../src/models/folder/importModel.ts";
import { readInstallRecords } from "../../../../src/models/folder/installRecords.ts";
import { removeModel } from "../../../../src/models/folder/removeModel.ts";
import { errorText } from "../../../../src/protocol/errors.ts";
import { openFile } from "../../../../src/storage/disk.ts";
import {
	assertOrderly,
	fullAfter,
	randomModelBytes,
} from "../../../support/models/ownModelsFolder.ts";
import { sha256 } from "../../../support/sha256.ts";

const model = randomModelBytes(1, 16);
const other = randomModelBytes(2, 16);

describe("importModels", () => {
	let root: string;
	let stick: string;
	let folder: string;
	let before: string;
	beforeEach(() => {
		root = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
		stick = path.join(root, "stick");
		folder = path.join(root, "models");
		mkdirSync(stick);
		before = "";
	});
	afterEach(() => {
		if (existsSync(folder)) assertOrderly(folder);
		if (before !== "")
			assert.equal(contents(stick), before, "the stick is as it was");
		rmSync(root, { recursive: true });
	});

	const put = (name: string, bytes: Uint8Array | string) => {
		const file = path.join(stick, name);
		mkdirSync(path.dirname(file), { recursive: true });
		writeFileSync(file, bytes);
		return file;
	};
	const names = () => (existsSync(folder) ? readdirSync(folder).sort() : []);
	const run = async (changes: Partial<ImportRequest> = {}) => {
		before = contents(stick);
		return importModels({
			source: stick,
			folder,
			how: "copy",
			signal: new AbortController().signal,
			...changes,
		});
	};
	/** What became of each file, by its name. */
	const outcomes = async (changes: Partial<ImportRequest> = {}) => {
		const result = await run(changes);
		assert.ok(result.ok, !result.ok ? errorText(result.error) : "");
		assert.equal(result.value.cancelled, false);
		return result.value.files.map((it) => [
			path.basename(it.source),
			it.kind === "failed" ? it.error.code : it.kind,
			it.kind === "failed" ? "" : path.basename(it.file),
		]);
	};
	const entryOf = async (name: string) => {
		const records = await readInstallRecords(folder);
		assert.ok(records.ok);
		return records.value.find(({ fileName }) => fileName === name);
	};

	it("copies every model of a folder, and says of the others what is wrong", async () => {
		put("a.gguf", model);
		put("deep/er/b.gguf", other);
		put("broken.gguf", model.subarray(0, 1000));
		put("text.gguf", "hello");
		put("readme.txt", "hello");
		put("1/2/3/4/too-deep.gguf", randomModelBytes(3, 16));
		assert.deepEqual(await outcomes(), [
			["a.gguf", "imported", "a.gguf"],
			["broken.gguf", "modelTruncated", ""],
			["b.gguf", "imported", "b.gguf"],
			["text.gguf", "modelNotGguf", ""],
		]);
		assert.deepEqual(names(), ["a.gguf", "b.gguf", "models.json"]);
		assert.ok(readFileSync(path.join(folder, "b.gguf")).equals(other));
		assert.equal((await entryOf("b.gguf"))?.sha256, sha256(other));
	});

	it("follows no circular links", async () => {
		put("a.gguf", model);
		symlinkSync(stick, path.join(stick, "circle"));
		assert.equal((await outcomes()).length, 1);
	});

	for (const [how, written] of [
		["hardLink", "hardLinked"],
		["symlink", "symlinked"],
		["copy", "copied"],
	] as const)
		it(`puts a file there by ${how}, and removes it without touching the source`, async () => {
			const source = put("a.gguf", model);
			await outcomes({ source, how });
			const file = path.join(folder, "a.gguf");
			assert.equal((await entryOf("a.gguf"))?.how, written);
			assert.equal(lstatSync(file).isSymbolicLink(), how === "symlink");
			assert.equal(statSync(file).ino === statSync(source).ino, how !== "copy");
			assert.deepEqual(await removeModel(folder, file), {
				ok: true,
				value: undefined,
			});
			assert.deepEqual(names(), ["models.json"]);
			assert.equal(await entryOf("a.gguf"), undefined);
			assert.ok(readFileSync(source).equals(model));
		});

	it("finds the same bytes there, under whatever name", async () => {
		put("a.gguf", model);
		await outcomes();
		put("b.gguf", model);
		for (const how of ["copy", "hardLink", "symlink"] as const)
			assert.deepEqual(await outcomes({ how }), [
				["a.gguf", "alreadyThere", "a.gguf"],
				["b.gguf", "alreadyThere", "a.gguf"],
			]);
		assert.deepEqual(names(), ["a.gguf", "models.json"]);
	});

	it("recognizes a source that is in the models folder itself", async () => {
		mkdirSync(folder);
		const source = path.join(folder, "a.gguf");
		writeFileSync(source, model);
		assert.deepEqual(await outcomes({ source }), [
			["a.gguf", "alreadyThere", "a.gguf"],
		]);
	});

	it("renames a different file of the same name", async () => {
		put("1/a.gguf", model);
		put("2/a.gguf", other);
		put("3/a.gguf", randomModelBytes(3, 16));
		for (const how of ["copy", "hardLink", "symlink"] as const) {
			rmSync(folder, { recursive: true, force: true });
			await outcomes({ how });
			assert.deepEqual(names(), [
				"a-2.gguf",
				"a-3.gguf",
				"a.gguf",
				"models.json",
			]);
			assert.ok(readFileSync(path.join(folder, "a-2.gguf")).equals(other));
		}
	});

	it("keeps away from a download of the same name", async () => {
		put("a.gguf", model);
		mkdirSync(folder);
		writeFileSync(path.join(folder, "a.gguf.part"), "half");
		await outcomes();
		assert.deepEqual(names(), ["a-2.gguf", "a.gguf.part", "models.json"]);
		assert.equal(
			readFileSync(path.join(folder, "a.gguf.part"), "utf8"),
			"half",
		);
	});

	it("does not rename parts of a split model", async () => {
		put("1/a-00001-of-00002.gguf", model);
		put("2/a-00001-of-00002.gguf", other);
		assert.deepEqual(
			(await outcomes()).map(([, kind]) => kind),
			["imported", "modelNameTaken"],
		);
	});

	describe("checks what lies beside a model", () => {
		const right = sha256(model);
		const wrong = sha256(other);
		const lists: readonly (readonly [string, string, string])[] = [
			["a.gguf.sha256", right, "imported"],
			["a.gguf.sha256", `${right.toUpperCase()}  a.gguf\r\n`, "imported"],
			["a.gguf.sha256", `${wrong}  a.gguf\n`, "importHash"],
			["a.gguf.sha256", "oops", "importHashUnreadable"],
			["SHA256SUMS", `${wrong}  b.gguf\n${right} *./a.gguf\n`, "imported"],
			["SHA256SUMS", `${right}  b.gguf\n${wrong}  a.gguf\n`, "importHash"],
			["SHA256SUMS", `${wrong}  b.gguf\n`, "imported"],
		];
		for (const how of ["copy", "hardLink"] as const)
			for (const [list, text, expected] of lists)
				it(`${list} saying ${JSON.stringify(text.slice(0, 8))}: ${expected} by ${how}`, async () => {
					put("a.gguf", model);
					put(list, text);
					const [[, kind] = []] = await outcomes({ how });
					assert.equal(kind, expected);
					assert.equal(names().includes("a.gguf"), expected === "imported");
				});
	});

	it("stops when it is cancelled, and leaves nothing half written", async () => {
		put("a.gguf", model);
		put("b.gguf", other);
		const controller = new AbortController();
		const result = await run({
			signal: controller.signal,
			onProgress: ({ file }) => {
				if (file.endsWith("b.gguf")) controller.abort();
			},
		});
		assert.ok(result.ok && result.value.cancelled);
		assert.deepEqual(
			result.value.files.map(({ kind }) => kind),
			["imported"],
		);
		assert.deepEqual(names(), ["a.gguf", "models.json"]);
	});

	it("says that the disk has too little room, or became full", async () => {
		put("a.gguf", model);
		assert.deepEqual(await outcomes({ freeBytes: async () => 100 }), [
			["a.gguf", "diskTooSmall", ""],
		]);
		assert.deepEqual(
			await outcomes({
				open: async (file, flags) => fullAfter(await openFile(file, flags), 50),
			}),
			[["a.gguf", "diskFull", ""]],
		);
		assert.deepEqual(names(), []);
	});

	it("copies where links are not supported", async () => {
		put("a.gguf", model);
		const { link } = fs.promises;
		fs.promises.link = () =>
			Promise.reject(Object.assign(new Error("EXDEV"), { code: "EXDEV" }));
		try {
			await outcomes({ how: "hardLink" });
		} finally {
			fs.promises.link = link;
		}
		assert.equal((await entryOf("a.gguf"))?.how, "copied");
	});

	it("copies nothing when it cannot write the install record", async () => {
		put("a.gguf", model);
		mkdirSync(folder);
		writeFileSync(path.join(folder, "models.json"), "[");
		const result = await run();
		assert.equal(!result.ok && result.error.code, "installRecordsUnreadable");
		assert.deepEqual(names(), ["models.json"]);
	});

	for (const [source, code] of [
		["gone", "modelMissing"],
		["empty", "importEmpty"],
	] as const)
		it(`says what is wrong with a source that is ${source}`, async () => {
			mkdirSync(path.join(stick, "empty"));
			const result = await run({ source: path.join(stick, source) });
			assert.equal(!result.ok && result.error.code, code);
		});
});

describe("removeModel", () => {
	let folder: string;
	let file: string;
	beforeEach(async () => {
		folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
		const source = path.join(folder, "stick");
		mkdirSync(source);
		writeFileSync(path.join(source, "ours.gguf"), model);
		await importModels({
			source,
			folder,
			how: "copy",
			signal: new AbortController().signal,
		});
		file = path.join(folder, "ours.gguf");
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	const foreign: readonly (readonly [string, () => string])[] = [
		[
			"that the user put there",
			() => {
				const theirs = path.join(folder, "theirs.gguf");
				writeFileSync(theirs, model);
				return theirs;
			},
		],
		["in another folder", () => path.join(folder, "stick", "ours.gguf")],
		["that is its own list", () => path.join(folder, "models.json")],
		[
			"that has taken the place of ours",
			() => {
				writeFileSync(file, "something else");
				return file;
			},
		],
		[
			"that is a link in the place of ours",
			() => {
				rmSync(file);
				symlinkSync(path.join(folder, "stick", "ours.gguf"), file);
				return file;
			},
		],
		[
			"that is a folder in the place of ours",
			() => {
				rmSync(file);
				mkdirSync(file);
				return file;
			},
		],
	];
	for (const [which, make] of foreign)
		it(`refuses a file ${which}`, async () => {
			const target = make();
			const result = await removeModel(folder, target);
			assert.equal(!result.ok && result.error.code, "removeForeign");
			assert.ok(existsSync(target));
		});

	it("removes the record of a file that no longer exists", async () => {
		rmSync(file);
		assert.ok((await removeModel(folder, file)).ok);
		assert.deepEqual(await readInstallRecords(folder), { ok: true, value: [] });
	});

	it("removes nothing while the install records are damaged", async () => {
		writeFileSync(path.join(folder, "models.json"), "[");
		const result = await removeModel(folder, file);
		assert.equal(!result.ok && result.error.code, "installRecordsUnreadable");
		assert.ok(existsSync(file));
	});
});

/** Every file below, with its bytes. */
function contents(folder: string): string {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => path.join(entry.parentPath, entry.name))
		.sort()
		.map((file) => `${file} ${sha256(readFileSync(file))}`)
		.join("\n");
}
