/** An engine for the layers above it: scripted chunks, counted requests. */

import type { CompletionEngine } from "../../../src/completion/request/completionEngine.ts";
import type {
	CompletionChunk,
	FimRequest,
	GenerationEnd,
	GenerationStats,
	StopReason,
} from "../../../src/protocol/generation.ts";

export const someStats: GenerationStats = {
	promptTokens: 10,
	reusedTokens: 5,
	leftOutTokens: 0,
	snippetTokens: 0,
	prefillTokens: 5,
	prefillMs: 1,
	decodeTokens: 3,
	decodeSteps: 3,
	decodeMs: 1,
	plainDecodeMs: 0,
	draftedTokens: 0,
	acceptedTokens: 0,
	timeToFirstTokenMs: 1,
	totalMs: 2,
};

/** A request with nothing in it, to put something into. */
export const emptyRequest: FimRequest = {
	repository: "",
	snippets: [],
	path: "src/a.ts",
	suffix: "",
	prefixBlocks: [],
	typed: "",
	maxTokens: 10,
	kind: "line",
	rank: 0,
	minProbability: 0,
	priority: "typing",
};

export class FakeEngine implements CompletionEngine {
	/** Those that someone waits for. */
	readonly requests: FimRequest[] = [];
	readonly signals: AbortSignal[] = [];
	/** Those made in advance. */
	readonly idleRequests: FimRequest[] = [];
	readonly idleSignals: AbortSignal[] = [];
	/** The id that each request someone waits for replaces. */
	readonly replaced: (string | undefined)[] = [];
	/** Chunks produced, read or not. */
	produced = 0;

	constructor(
		private readonly answer: (
			request: FimRequest,
		) =>
			| Iterable<string | CompletionChunk>
			| AsyncIterable<string | CompletionChunk>,
		private readonly end: GenerationEnd | StopReason = "endOfText",
	) {}

	complete(request: FimRequest, signal: AbortSignal, replaces?: string) {
		const isIdle = request.priority === "idle";
		(isIdle ? this.idleRequests : this.requests).push(request);
		(isIdle ? this.idleSignals : this.signals).push(signal);
		if (!isIdle) this.replaced.push(replaces);
		return {
			requestId: isIdle
				? `i${this.idleRequests.length}`
				: `c${this.requests.length}`,
			chunks: this.#chunks(request, signal),
		};
	}

	async *#chunks(
		request: FimRequest,
		signal: AbortSignal,
	): AsyncGenerator<CompletionChunk, GenerationEnd> {
		const done = (stopReason: StopReason): GenerationEnd => ({
			kind: "done",
			stopReason,
			stats: someStats,
		});
		let joint = 1;
		for await (const it of this.answer(request)) {
			if (signal.aborted) return done("cancelled");
			this.produced++;
			const chunk = typeof it === "string" ? { text: it, probability: 1 } : it;
			yield chunk;
			joint *= chunk.probability;
			if (joint < request.minProbability) return done("unsure");
		}
		if (signal.aborted) return done("cancelled");
		return typeof this.end === "string" ? done(this.end) : this.end;
	}
}
