import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { CatalogEntry } from "../../../../src/models/catalog/catalog.ts";
import { downloadStates } from "../../../../src/models/catalog/downloadState.ts";
import { addInstallRecord } from "../../../../src/models/folder/installRecords.ts";
import {
	isSamePath,
	ownModels,
} from "../../../../src/models/folder/ownModels.ts";

const sha256 = "a".repeat(64);
const entry = { fileName: "model.gguf", sha256 } as CatalogEntry;

describe("the download state of a catalog model", () => {
	let root: string;
	let folder: string;
	beforeEach(() => {
		root = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
		folder = path.join(root, "models");
		mkdirSync(folder);
	});
	afterEach(() => rmSync(root, { recursive: true }));

	const put = (name: string, bytes = 1) =>
		writeFileSync(path.join(folder, name), Buffer.alloc(bytes));
	const list = (
		fileName: string,
		changes: { sha256?: string | null; addedAt?: string } = {},
	) =>
		addInstallRecord(folder, {
			fileName,
			sizeBytes: 1,
			sha256,
			how: "downloaded",
			source: "https://huggingface.co/o/r",
			addedAt: "2026-01-01T00:00:00.000Z",
			...changes,
		});
	const downloadState = async (wanted = entry) =>
		(await downloadStates(folder, [wanted]))[0];

	it("is none where there is no folder", async () => {
		rmSync(folder, { recursive: true });
		assert.deepEqual(await downloadState(), { kind: "none" });
	});

	it("is the model that is listed by its hash, under whatever name", async () => {
		put("other-name.gguf");
		await list("other-name.gguf");
		assert.deepEqual(await downloadState(), {
			kind: "complete",
			file: path.join(folder, "other-name.gguf"),
		});
	});

	it("is found by its name where the catalog has no hash", async () => {
		put("model.gguf");
		await list("model.gguf");
		assert.equal(
			(await downloadState({ ...entry, sha256: null }))?.kind,
			"complete",
		);
	});

	it("is not a file of the same name with other bytes", async () => {
		put("model.gguf");
		await list("model.gguf", { sha256: "b".repeat(64) });
		assert.deepEqual(await downloadState(), { kind: "none" });
	});

	it("is not what was listed and is gone", async () => {
		await list("model.gguf");
		assert.deepEqual(await downloadState(), { kind: "none" });
	});

	it("is partial after an interrupted download", async () => {
		put("model.gguf.part", 700);
		assert.deepEqual(await downloadState(), {
			kind: "partial",
			doneBytes: 700,
		});
	});

	it("is none where the install records cannot be read", async () => {
		writeFileSync(path.join(folder, "models.json"), "{");
		assert.deepEqual(await downloadState(), { kind: "none" });
		assert.ok(!(await ownModels(folder)).ok);
	});

	it("lists its own models with the newest first, and no others", async () => {
		put("foreign.gguf");
		await list("old.gguf");
		await list("new.gguf", { addedAt: "2026-02-01T00:00:00.000Z" });
		const models = await ownModels(folder);
		assert.deepEqual(models.ok && models.value.map(({ file }) => file), [
			path.join(folder, "new.gguf"),
			path.join(folder, "old.gguf"),
		]);
	});

	it("compares paths, and takes an empty one for none", () => {
		assert.ok(isSamePath("/a/../b/m.gguf", "/b/m.gguf"));
		assert.ok(!isSamePath("/a/m.gguf", "/b/m.gguf"));
		assert.ok(!isSamePath("", ""));
	});
});
