/** Benchmark results by model file, in a JSON file in the extension's storage; used to choose a model. */

import * as z from "zod/mini";
import { messageOf } from "../../protocol/errors.ts";
import { replaceFile } from "../../storage/atomicFile.ts";
import { codeOf } from "../../storage/fileErrors.ts";
import { readSmallFile } from "../../storage/smallFile.ts";

const figure = z.nullable(z.number().check(z.nonnegative()));

export const BenchmarkResult = z.readonly(
	z.object({
		/** Absolute path of the model file. */
		file: z.string(),
		name: z.string(),
		measuredAt: z.iso.datetime(),
		cases: z.int().check(z.nonnegative()),
		exactMatches: z.int().check(z.nonnegative()),
		timeToFirstLineMs: figure,
		tokensPerSecond: figure,
		memoryBytes: figure,
	}),
);
export type BenchmarkResult = z.infer<typeof BenchmarkResult>;

const Results = z.object({
	version: z.literal(1),
	results: z.readonly(z.array(BenchmarkResult)),
});

/** Far more than the results of all models of a machine. */
const maxFileBytes = 2 ** 20;
const maxResults = 500;

/** Empty where the file is missing or invalid. */
export async function readBenchmarkResults(
	file: string,
): Promise<readonly BenchmarkResult[]> {
	try {
		const json: unknown = JSON.parse(await readSmallFile(file, maxFileBytes));
		const parsed = Results.safeParse(json);
		return parsed.success ? parsed.data.results : [];
	} catch {
		return [];
	}
}

/** Adds results, newest first, and keeps one per model file. Returns why they could not be written, as the end of a sentence. */
export async function addBenchmarkResults(
	file: string,
	added: readonly BenchmarkResult[],
): Promise<string | undefined> {
	const measured = new Set(added.map((it) => it.file));
	const before = await readBenchmarkResults(file);
	const results = [
		...added,
		...before.filter((it) => !measured.has(it.file)),
	].slice(0, maxResults);
	try {
		await replaceFile(file, `${JSON.stringify({ version: 1, results })}\n`);
		return undefined;
	} catch (thrown) {
		return codeOf(thrown) ?? messageOf(thrown);
	}
}
