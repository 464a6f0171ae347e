import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { weightsFileBytes } from "../../../../src/memory/shape/quantization.ts";
import {
	type CatalogEntry,
	catalogShape,
	catalogUrl,
	expectedOf,
	readCatalog,
} from "../../../../src/models/catalog/catalog.ts";
import {
	hostsWithMirror,
	huggingFaceHosts,
	onMirror,
	parseAddress,
} from "../../../../src/models/download/hosts.ts";

const file = path.resolve(
	import.meta.dirname,
	"../../../../media/catalog.json",
);

describe("the catalog", () => {
	let entries: readonly CatalogEntry[];
	before(async () => {
		const read = await readCatalog(file);
		assert.ok(read.ok, JSON.stringify(read));
		entries = read.value;
	});

	it("has models for both roles, each once", () => {
		for (const role of ["completion", "chat"] as const)
			assert.ok(
				entries.filter(({ roles }) => roles.includes(role)).length >= 5,
			);
		const urls = entries.map(catalogUrl);
		assert.equal(new Set(urls).size, urls.length);
	});

	it("has licenses that allow every use, and none of the traps", () => {
		for (const { name, license, repository } of entries) {
			assert.ok(["Apache-2.0", "MIT"].includes(license.name), name);
			// Qwen-Research, MNPL and terms of use, whatever re-uploads say.
			assert.doesNotMatch(
				repository,
				/2\.5-Coder-3B|Codestral|gemma|stable-code/i,
			);
		}
	});

	it("prices each within two per cent of its file", () => {
		for (const entry of entries) {
			if (entry.sizeBytes === null) continue;
			const weightsBytes = weightsFileBytes(catalogShape(entry));
			const vocabularyBytes = entry.sizeBytes - weightsBytes;
			assert.ok(
				vocabularyBytes > 0 && vocabularyBytes < 0.02 * entry.sizeBytes,
				`${entry.name}: ${weightsBytes} of ${entry.sizeBytes}`,
			);
		}
	});

	it("names the commit wherever it names the hash", () => {
		for (const entry of entries) {
			assert.equal(
				entry.sha256 === null,
				entry.revision === "main",
				entry.name,
			);
			assert.equal(entry.sha256 === null, entry.sizeBytes === null, entry.name);
			assert.equal(expectedOf(entry) === undefined, entry.sha256 === null);
		}
	});

	it("leads to allowed hosts, on a mirror too", () => {
		const [entry] = entries;
		assert.ok(entry);
		const url = catalogUrl(entry);
		assert.ok(parseAddress(url, huggingFaceHosts).ok);
		const mirrored = onMirror(url, "https://mirror.example/hf/");
		assert.equal(
			mirrored,
			url.replace("https://huggingface.co/", "https://mirror.example/hf/"),
		);
		assert.equal(parseAddress(mirrored, huggingFaceHosts).ok, false);
		assert.ok(
			parseAddress(mirrored, hostsWithMirror("https://mirror.example/hf/")).ok,
		);
		assert.deepEqual(hostsWithMirror("nonsense"), huggingFaceHosts);
		assert.equal(
			onMirror("https://else.example/a", "https://b"),
			"https://else.example/a",
		);
	});

	describe("that is broken", () => {
		let folder: string;
		beforeEach(() => {
			folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
		});
		afterEach(() => rmSync(folder, { recursive: true }));

		const changes: readonly (readonly [string, (text: string) => string])[] = [
			["no JSON", (text) => text.slice(1)],
			[
				"another version",
				(text) => text.replace('"version": 1', '"version": 2'),
			],
			["a path for a name", (text) => text.replace('"qwen2', '"../qwen2')],
			["a short hash", (text) => text.replace(/"[0-9a-f]{64}"/, '"abc"')],
			["a mix that has no price", (text) => text.replace("Q8_0", "Q2_K")],
			["no layers", (text) => text.replace(/"layers": \d+/, '"layers": 0')],
			["no role", (text) => text.replace('["completion"]', "[]")],
		];
		for (const [what, change] of changes)
			it(`is refused: ${what}`, async () => {
				const text = readFileSync(file, "utf8");
				const changed = change(text);
				assert.notEqual(changed, text);
				const broken = path.join(folder, "catalog.json");
				writeFileSync(broken, changed);
				const read = await readCatalog(broken);
				assert.equal(!read.ok && read.error.code, "catalogUnreadable");
			});
	});
});
