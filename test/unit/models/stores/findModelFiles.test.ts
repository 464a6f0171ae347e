import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import {
	type FoundFiles,
	findModelFiles,
} from "../../../../src/models/stores/findModelFiles.ts";
import type { StoreKind } from "../../../../src/models/stores/modelStores.ts";
import {
	minimalModelBytes,
	ollamaManifest,
	splitModelBytes,
	type TestFolder,
	testFolder,
} from "../../../support/models/toolFolders.ts";
import { sha256 } from "../../../support/sha256.ts";

describe("findModelFiles", () => {
	let test: TestFolder;
	beforeEach(() => {
		test = testFolder();
	});
	afterEach(() => test.remove());

	/** What is found in the folders of these names; asserts that nothing there was touched. */
	async function find(
		...stores: readonly (readonly [StoreKind, folder: string])[]
	): Promise<FoundFiles> {
		const before = test.tree();
		const found = await findModelFiles(
			stores.map(([kind, folder]) => ({ kind, folder: test.at(folder) })),
		);
		assert.deepEqual(test.tree(), before);
		return found;
	}

	const summary = ({ models }: FoundFiles) =>
		models.map(({ files, locations }) => ({
			files,
			seen: locations.map(
				({ store, name, label }) => `${store}: ${name} (${label})`,
			),
		}));

	it("finds Ollama's models by their manifests, each blob once with all its tags", async () => {
		const coder = test.pullOllama(
			"o",
			"qwen2.5-coder:7b",
			minimalModelBytes("a"),
		);
		test.pullOllama("o", "qwen2.5-coder:latest", minimalModelBytes("a"));
		const own = test.pullOllama("o", "ada/tuned:v1", minimalModelBytes("b"));
		const hub = test.pullOllama(
			"o",
			"hf.co/org/some-GGUF:Q8_0",
			minimalModelBytes("c"),
		);
		const found = await find(["ollama", "o"]);
		assert.deepEqual(summary(found), [
			{
				files: [hub],
				seen: ["ollama: hf.co/org/some-GGUF:Q8_0 (hf.co/org/some-GGUF:Q8_0)"],
			},
			{ files: [own], seen: ["ollama: ada/tuned:v1 (ada/tuned:v1)"] },
			{
				files: [coder],
				seen: [
					"ollama: qwen2.5-coder:7b (qwen2.5-coder:7b)",
					"ollama: qwen2.5-coder:latest (qwen2.5-coder:latest)",
				],
			},
		]);
		assert.deepEqual(found.skipped, []);
	});

	it("skips what is not a single GGUF model in Ollama, and says what is broken", async () => {
		const bytes = minimalModelBytes("a");
		const place = "o/manifests/registry.ollama.ai/library";
		const manifest = (name: string, value: unknown) =>
			test.write(`${place}/${name}/latest`, JSON.stringify(value));
		test.write(`o/blobs/sha256-${sha256(bytes)}`, bytes);
		manifest("adapted", ollamaManifest(sha256(bytes), ["adapter"]));
		manifest("in-the-cloud", { schemaVersion: 2, layers: [] });
		manifest("escaping", ollamaManifest("../../../../etc/passwd"));
		manifest("seeing", ollamaManifest(sha256(bytes), ["projector"]));
		const broken = test.write(`${place}/broken/latest`, "{");
		manifest("pruned", ollamaManifest("9".repeat(64)));
		test.write("o/manifests/registry.ollama.ai/stray", "?");
		const found = await find(["ollama", "o"]);
		assert.deepEqual(
			found.models.map(({ locations }) => locations.map(({ name }) => name)),
			[["seeing:latest"]],
		);
		assert.deepEqual(found.skipped, [
			{
				path: test.at("o", "blobs", `sha256-${"9".repeat(64)}`),
				why: "it does not exist",
			},
			{ path: broken, why: "it is not a manifest of Ollama" },
		]);
	});

	it("finds the Hugging Face cache through its links, and copies where there are none", async () => {
		const bytes = minimalModelBytes("a");
		const linked = test.downloadHuggingFace(
			"hub",
			"Qwen/Coder-GGUF",
			"coder-q4_k_m.gguf",
			bytes,
		);
		const copied = test.write(
			"hub/models--org--win/snapshots/abc/q8/win-q8_0.gguf",
			minimalModelBytes("b"),
		);
		test.write("hub/models--org--win/blobs/123.incomplete", "half");
		test.write("hub/datasets--org--d/snapshots/abc/no-model.gguf", "data");
		test.write("hub/version.txt", "1");
		const found = await find(["huggingFace", "hub"]);
		assert.deepEqual(summary(found), [
			{
				files: [linked],
				seen: ["huggingFace: coder-q4_k_m (Qwen/Coder-GGUF)"],
			},
			{ files: [copied], seen: ["huggingFace: win-q8_0 (org/win)"] },
		]);
	});

	it("finds plain files as LM Studio, Jan, GPT4All and llama.cpp keep them", async () => {
		const files = {
			lm: test.write("lm/pub/model/m-q4.gguf", minimalModelBytes("a")),
			jan: test.write("jan/org/m2/model.gguf", minimalModelBytes("b")),
			gpt: test.write("gpt/m3.gguf", minimalModelBytes("c")),
			llama: test.write("llama/org_repo_m4.gguf", minimalModelBytes("d")),
		};
		test.write("lm/pub/model/mmproj-m.gguf", minimalModelBytes("p"));
		test.write("gpt/incomplete-m5.gguf", "half");
		test.write("llama/org_repo_m6.gguf.downloadInProgress", "half");
		test.write("jan/org/m2/model.yml", "x: 1");
		const found = await find(
			["lmStudio", "lm"],
			["jan", "jan"],
			["gpt4all", "gpt"],
			["llamaCpp", "llama"],
		);
		assert.deepEqual(summary(found), [
			{ files: [files.lm], seen: ["lmStudio: m-q4 (pub/model/m-q4)"] },
			{ files: [files.jan], seen: ["jan: m2 (org/m2/model)"] },
			{ files: [files.gpt], seen: ["gpt4all: m3 (m3)"] },
			{ files: [files.llama], seen: ["llamaCpp: org_repo_m4 (org_repo_m4)"] },
		]);
	});

	it("recognizes the layout of a folder in the settings by its content", async () => {
		test.pullOllama("any", "a:1", minimalModelBytes("a"));
		test.downloadHuggingFace("any", "org/b", "b.gguf", minimalModelBytes("b"));
		test.write("any/c.gguf", minimalModelBytes("c"));
		assert.deepEqual(
			summary(await find(["folder", "any"])).flatMap(({ seen }) => seen),
			["folder: a:1 (a:1)", "folder: b (org/b)", "folder: c (c)"],
		);
	});

	it("groups the parts of a split model, also behind links, and names what is missing", async () => {
		const [one, two] = splitModelBytes("big");
		const names = [
			"big-00001-of-00002.gguf",
			"big-00002-of-00002.gguf",
		] as const;
		const files = [
			test.downloadHuggingFace("hub", "org/big", names[0], one),
			test.downloadHuggingFace("hub", "org/big", names[1], two),
		];
		const alone = test.write("lm/p/m/big-00002-of-00002.gguf", two);
		const found = await find(["huggingFace", "hub"], ["lmStudio", "lm"]);
		assert.deepEqual(
			found.models.map(({ files, missingFiles, sizeBytes }) => ({
				files,
				missingFiles,
				sizeBytes,
			})),
			[
				{ files, missingFiles: [], sizeBytes: one.length + two.length },
				{ files: [alone], missingFiles: [names[0]], sizeBytes: two.length },
			],
		);
	});

	it("lists the same bytes once: links, hard links, and digests of two stores", async () => {
		const bytes = minimalModelBytes("a");
		const original = test.write("mine/a.gguf", bytes);
		mkdirSync(test.at("lm"));
		symlinkSync(original, test.at("lm/linked.gguf"));
		linkSync(original, test.at("lm/hard.gguf"));
		const blob = test.pullOllama("o", "b:1", minimalModelBytes("b"));
		test.downloadHuggingFace("hub", "org/b", "b.gguf", minimalModelBytes("b"));
		const found = await find(
			["folder", "mine"],
			["lmStudio", "lm"],
			["ollama", "o"],
			["huggingFace", "hub"],
		);
		assert.deepEqual(summary(found), [
			{
				files: [original],
				seen: [
					"folder: a (a)",
					"lmStudio: hard (hard)",
					"lmStudio: linked (linked)",
				],
			},
			{ files: [blob], seen: ["ollama: b:1 (b:1)", "huggingFace: b (org/b)"] },
		]);
	});

	it("terminates with circular links", async () => {
		const file = test.write("mine/a/b/m.gguf", minimalModelBytes("a"));
		symlinkSync(test.at("mine"), test.at("mine/a/up"));
		symlinkSync("../..", test.at("mine/a/b/further-up"));
		symlinkSync("itself", test.at("mine/itself"));
		symlinkSync("itself.gguf", test.at("mine/itself.gguf"));
		symlinkSync("nowhere", test.at("mine/dangling.gguf"));
		const found = await find(["folder", "mine"]);
		assert.deepEqual(
			found.models.map(({ files }) => files),
			[[file]],
		);
		assert.deepEqual(found.skipped, [
			{ path: test.at("mine/dangling.gguf"), why: "it does not exist" },
			{
				path: test.at("mine/itself.gguf"),
				why: "its symbolic links are circular",
			},
		]);
	});

	it("goes no deeper than stores are, and follows folders that are links", async () => {
		test.write("mine/1/2/3/4/5/deep.gguf", minimalModelBytes("a"));
		const far = test.write("elsewhere/m.gguf", minimalModelBytes("b"));
		symlinkSync(path.dirname(far), test.at("mine/1/linked"));
		const found = await find(["folder", "mine"]);
		assert.deepEqual(
			found.models.map(({ files }) => files),
			[[test.at("mine/1/linked/m.gguf")]],
		);
	});

	it("is silent on tools that are not installed, and not on folders of the settings", async () => {
		const file = test.write("a-file", "");
		mkdirSync(test.at("folder.gguf"));
		const found = await find(
			["ollama", "none"],
			["folder", "none"],
			["folder", "a-file"],
			["headroom", "."],
		);
		assert.deepEqual(found.models, []);
		assert.deepEqual(found.skipped, [
			{ path: file, why: "it is not a folder" },
			{ path: test.at("none"), why: "it does not exist" },
		]);
	});

	it("skips an unreadable folder", async function () {
		const { getuid, seteuid } = process;
		if (!getuid || !seteuid) return this.skip();
		const file = test.write("mine/open/m.gguf", minimalModelBytes("a"));
		test.write("mine/shut/m.gguf", minimalModelBytes("b"));
		chmodSync(test.folder, 0o755);
		chmodSync(test.at("mine/shut"), 0);
		const store = { kind: "folder", folder: test.at("mine") } as const;
		const isRoot = getuid() === 0;
		// Root may read everything: so not as root.
		if (isRoot) seteuid(65534);
		try {
			const found = await findModelFiles([store]);
			assert.deepEqual(
				found.models.map(({ files }) => files),
				[[file]],
			);
			assert.deepEqual(found.skipped, [
				{ path: test.at("mine/shut"), why: "permission was denied" },
			]);
		} finally {
			if (isRoot) seteuid(0);
			chmodSync(test.at("mine/shut"), 0o755);
		}
	});

	it("opens no pipe, which would wait for ever", async function () {
		if (process.platform === "win32") return this.skip();
		const place = test.at("mine/manifests/registry.ollama.ai/library/a");
		mkdirSync(place, { recursive: true });
		execFileSync("mkfifo", [test.at("mine/pipe.gguf"), `${place}/latest`]);
		symlinkSync(test.at("mine/pipe.gguf"), `${place}/linked`);
		const { models, skipped } = await findModelFiles([
			{ kind: "folder", folder: test.at("mine") },
		]);
		assert.deepEqual(models, []);
		assert.deepEqual(skipped, [
			{ path: `${place}/linked`, why: "it is not a file" },
		]);
	});

	it("names the folders to watch", async () => {
		test.pullOllama("o", "a:1", minimalModelBytes("a"));
		test.downloadHuggingFace("hub", "org/b", "b.gguf", minimalModelBytes("b"));
		test.write("lm/pub/m/c.gguf", minimalModelBytes("c"));
		const { folders } = await find(
			["ollama", "o"],
			["huggingFace", "hub"],
			["lmStudio", "lm"],
		);
		const below = folders.map((it) => path.relative(test.folder, it));
		for (const folder of [
			"o/manifests/registry.ollama.ai/library/a",
			"hub",
			"hub/models--org--b/snapshots",
			"lm/pub/m",
		])
			assert.ok(below.includes(path.normalize(folder)), folder);
		assert.equal(new Set(below).size, below.length);
	});
});
