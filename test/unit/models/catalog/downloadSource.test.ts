import assert from "node:assert/strict";
import type { CatalogEntry } from "../../../../src/models/catalog/catalog.ts";
import { downloadSource } from "../../../../src/models/catalog/downloadSource.ts";
import { parseAddress } from "../../../../src/models/download/hosts.ts";

const entry = {
	repository: "org/model",
	revision: "main",
	fileName: "model.gguf",
} as CatalogEntry;
const path = "/org/model/resolve/main/model.gguf";

describe("downloadSource", () => {
	for (const [mirror, host, url] of [
		["", "huggingface.co", `https://huggingface.co${path}`],
		[
			"https://mirror.example/hf/",
			"mirror.example",
			`https://mirror.example/hf${path}`,
		],
		["http://127.0.0.1:8080", "127.0.0.1:8080", `http://127.0.0.1:8080${path}`],
	] as const)
		it(`is ${host} with the mirror "${mirror}", which may be connected to`, () => {
			const source = downloadSource(entry, { proxy: "", mirror });
			assert.equal(source.url, url);
			assert.equal(source.host, host);
			assert.ok(parseAddress(source.url, source.allowedHosts).ok);
			assert.ok(!("proxy" in source));
		});

	it("uses the configured proxy", () =>
		assert.equal(
			downloadSource(entry, { proxy: "http://proxy:3128", mirror: "" }).proxy,
			"http://proxy:3128",
		));
});
