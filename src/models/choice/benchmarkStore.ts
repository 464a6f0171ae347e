/** What benchmarks found, by model file, kept for the choice of a model: a file of JSON in the extension's storage. */

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

/** Far more than all models of a machine take. */
const maxFileBytes = 2 ** 20;
const maxResults = 500;

/** None where there is no file, or one that is not understood: it is measured again. */
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

/** The newest first, and of each model file the newest alone. Answers with why it could not be written, as the end of a sentence. */
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
