import assert from "node:assert/strict";
import { benchmarkCases } from "../../../../src/completion/benchmark/benchmarkCases.ts";
import { runBenchmark } from "../../../../src/completion/benchmark/runBenchmark.ts";
import type { CompletionEngine } from "../../../../src/completion/request/completionEngine.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import type {
	CompletionChunk,
	FimRequest,
	GenerationEnd,
} from "../../../../src/protocol/generation.ts";

const { signal } = new AbortController();

/** Gives the same answer to each request, and counts them. */
function engineThatSays(
	answer: (request: FimRequest) => string,
	end?: GenerationEnd,
): CompletionEngine & { requests: number } {
	return {
		requests: 0,
		complete(request) {
			this.requests++;
			return { requestId: "c1", chunks: stream(answer(request), end) };
		},
	};
}

async function* stream(
	text: string,
	end?: GenerationEnd,
): AsyncGenerator<CompletionChunk, GenerationEnd> {
	if (text !== "") yield { text, probability: 1 };
	return (
		end ?? {
			kind: "done",
			stopReason: "endOfText",
			stats: {
				promptTokens: 10,
				reusedTokens: 0,
				leftOutTokens: 0,
				snippetTokens: 0,
				prefillTokens: 10,
				prefillMs: 1,
				decodeTokens: 5,
				decodeSteps: 5,
				decodeMs: 100,
				plainDecodeMs: 0,
				draftedTokens: 0,
				acceptedTokens: 0,
				timeToFirstTokenMs: 2,
				totalMs: 3,
			},
		}
	);
}

const expectedOf = ({ typed: line, path }: FimRequest): string => {
	const it = benchmarkCases.find(
		({ snapshot }) =>
			snapshot.path === path &&
			snapshot.text.slice(0, snapshot.offset).endsWith(line),
	);
	assert.ok(it, path);
	return it.expected;
};

describe("the benchmark cases", () => {
	it("are twelve in three languages, each with a part left out", () => {
		assert.equal(benchmarkCases.length, 12);
		const languages = benchmarkCases.map((it) => it.snapshot.languageId);
		assert.equal(new Set(languages).size, 3);
		for (const { snapshot, expected } of benchmarkCases) {
			assert.match(expected, /^\S.*\S$/, snapshot.path);
			assert.doesNotMatch(snapshot.text, /[⟦⟧]/);
			assert.equal(snapshot.text[snapshot.offset], "\n");
		}
	});
});

describe("the benchmark", () => {
	it("counts every exact match: no filter interferes", async () => {
		const engine = engineThatSays(expectedOf);
		let nowMs = 0;
		const run = await runBenchmark(engine, {
			signal,
			now: () => (nowMs += 10),
		});
		assert.equal(run.kind, "done");
		assert.deepEqual(run.kind === "done" && run.figures, {
			cases: 12,
			exactMatches: 12,
			timeToFirstLineMs: 10,
			tokensPerSecond: 50,
		});
		assert.equal(engine.requests, 13, "one before, for the load");
	});

	it("does not count other answers, or none", async () => {
		for (const answer of ["something(else);", ""]) {
			const run = await runBenchmark(
				engineThatSays(() => answer),
				{ signal },
			);
			assert.equal(run.kind === "done" && run.figures.exactMatches, 0);
		}
	});

	it("ends with the error of the engine at the first case", async () => {
		const error = createError("modelTooLarge", {
			file: "m",
			needs: [{ kind: "noContextFits" }],
		});
		const engine = engineThatSays(() => "", { kind: "failed", error });
		assert.deepEqual(await runBenchmark(engine, { signal }), {
			kind: "failed",
			error,
		});
		assert.equal(engine.requests, 1);
	});

	it("ends when it is cancelled", async () => {
		const abort = new AbortController();
		const engine = engineThatSays(expectedOf);
		const run = await runBenchmark(engine, {
			signal: abort.signal,
			onCase: (done) => {
				if (done === 3) abort.abort();
			},
		});
		assert.deepEqual(run, { kind: "cancelled" });
		assert.ok(engine.requests < 13);
	});
});
