/** An engine that gives way as the real one does: a request that replaces another ends it, and those with the priority of typing end idle ones. */

import type { CompletionEngine } from "../../../src/completion/request/completionEngine.ts";
import type {
	CompletionChunk,
	FimRequest,
	GenerationEnd,
} from "../../../src/protocol/generation.ts";
import { someStats } from "./fakeEngine.ts";

interface UnderWay {
	readonly request: FimRequest;
	isCancelled: boolean;
}

export class SteeredEngine implements CompletionEngine {
	readonly #underWay = new Map<string, UnderWay>();
	#requests = 0;
	/** The most requests that someone waited for at the same time. */
	maxTyping = 0;
	/** All requests, in the order in which they came. */
	readonly requests: FimRequest[] = [];

	/** @param tick settles before each chunk. */
	constructor(
		private readonly answer: (request: FimRequest) => readonly string[],
		private readonly tick: () => Promise<void>,
	) {}

	get underWay(): number {
		return this.#underWay.size;
	}

	complete(request: FimRequest, signal: AbortSignal, replaces?: string) {
		const requestId = `r${++this.#requests}`;
		this.requests.push(request);
		for (const [id, it] of this.#underWay)
			if (
				id === replaces ||
				(request.priority === "typing" && it.request.priority === "idle")
			)
				it.isCancelled = true;
		const it: UnderWay = { request, isCancelled: false };
		this.#underWay.set(requestId, it);
		const typing = [...this.#underWay.values()].filter(
			(other) => other.request.priority === "typing" && !other.isCancelled,
		);
		this.maxTyping = Math.max(this.maxTyping, typing.length);
		signal.addEventListener("abort", () => {
			it.isCancelled = true;
		});
		return { requestId, chunks: this.#chunks(requestId, it) };
	}

	async *#chunks(
		requestId: string,
		it: UnderWay,
	): AsyncGenerator<CompletionChunk, GenerationEnd> {
		try {
			for (const text of this.answer(it.request)) {
				await this.tick();
				if (it.isCancelled) break;
				yield { text, probability: 0.8 };
			}
			const stopReason = it.isCancelled ? "cancelled" : "endOfText";
			return { kind: "done", stopReason, stats: someStats };
		} finally {
			this.#underWay.delete(requestId);
		}
	}
}
