import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { english } from "../../../../src/base/sentence.ts";
import {
	addBenchmarkResults,
	type BenchmarkResult,
	readBenchmarkResults,
} from "../../../../src/models/choice/benchmarkStore.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import { benchmarkDocument } from "../../../../src/vscode/models/benchmarkText.ts";

const result = (name: string, exactMatches = 1): BenchmarkResult => ({
	file: `/models/${name}.gguf`,
	name,
	measuredAt: "2026-01-01T00:00:00.000Z",
	cases: 12,
	exactMatches,
	timeToFirstLineMs: 123.4,
	tokensPerSecond: 45.67,
	memoryBytes: 3 * 2 ** 30,
});

describe("benchmark results", () => {
	let folder: string;
	let file: string;
	beforeEach(() => {
		folder = mkdtempSync(path.join(os.tmpdir(), "headroom-"));
		file = path.join(folder, "storage", "benchmark.json");
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	it("is kept, of each model the newest", async () => {
		assert.deepEqual(await readBenchmarkResults(file), []);
		assert.equal(
			await addBenchmarkResults(file, [result("a"), result("b")]),
			undefined,
		);
		await addBenchmarkResults(file, [result("a", 7)]);
		assert.deepEqual(await readBenchmarkResults(file), [
			result("a", 7),
			result("b"),
		]);
	});

	for (const text of [
		"",
		"{",
		'{"version":2,"results":[]}',
		'{"version":1,"results":[{"file":1}]}',
	])
		it(`is nothing where the file holds ${text || "nothing"}`, async () => {
			file = path.join(folder, "benchmark.json");
			writeFileSync(file, text);
			assert.deepEqual(await readBenchmarkResults(file), []);
		});

	it("says why it could not be kept", async () => {
		writeFileSync(path.join(folder, "storage"), "a file, and no folder");
		assert.match(
			(await addBenchmarkResults(file, [result("a")])) ?? "",
			/EEXIST|ENOTDIR/,
		);
	});

	it("is shown as a table, and what could not run below it", () => {
		const error = createError("modelTooLarge", {
			file: "/m/b*.gguf",
			needs: [{ kind: "allocationFailed" }],
		});
		const text = benchmarkDocument(
			[
				result("a|b"),
				{ ...result("c"), memoryBytes: null, tokensPerSecond: null },
			],
			[{ name: "d", error }],
			english,
		);
		assert.ok(
			text.includes("| a\\|b | 123 ms | 45.7 | 3.0 GB | 1 / 12 |"),
			text,
		);
		assert.ok(text.includes("| c | 123 ms | - | - | 1 / 12 |"));
		assert.ok(
			text.includes(
				"- d: The model file /m/b\\*.gguf does not fit: llama.cpp could not allocate the context.",
			),
		);
	});
});
