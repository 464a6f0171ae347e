/**
 * Completions over time: one running request at most, answers kept for later, and answers that came too late offered again.
 *
 * VS Code stops waiting for an inline completion after 750 ms, also where nobody typed. Such a request is worth finishing:
 * the text that it is for still stands there.
 */

import { orAborted } from "../base/abort.ts";
import type { Log } from "../base/log.ts";
import { formatMs, formatPercent } from "../base/units.ts";
import { CompletionCache } from "./completionCache.ts";
import type { DocumentSnapshot } from "./documentContext.ts";
import {
	type CompletionEngine,
	type CompletionResult,
	getCompletion,
} from "./getCompletion.ts";
import type { NoSuggestionReason } from "./reasons.ts";

export type Suggestion =
	| {
			readonly kind: "suggestion";
			readonly text: string;
			readonly source: "engine" | "cache";
			/** Of the request that brought it. */
			readonly requestId: string;
	  }
	| { readonly kind: "none"; readonly reason: NoSuggestionReason };

/** Where a request was made. Equal places have equal answers. */
export interface Place {
	readonly uri: string;
	readonly version: number;
	readonly offset: number;
}

interface Running {
	readonly place: Place;
	readonly controller: AbortController;
	readonly result: Promise<Suggestion>;
	/** Callers that still want the answer. */
	waiters: number;
}

export interface CompletionSessionOptions {
	readonly engine: CompletionEngine;
	readonly log: Log;
	/** An answer is ready that nobody waits for any more, at a place that is still the same. */
	readonly onLateSuggestion: (place: Place) => void;
}

export class CompletionSession {
	readonly #options: CompletionSessionOptions;
	readonly #cache = new CompletionCache();
	#running: Running | undefined;

	constructor(options: CompletionSessionOptions) {
		this.#options = options;
	}

	/**
	 * The suggestion at the cursor. When `signal` aborts, the caller is answered at once; the work goes on until the
	 * document or the cursor moves.
	 */
	async suggest(
		snapshot: DocumentSnapshot,
		signal: AbortSignal,
	): Promise<Suggestion> {
		const cached = this.#cache.find(snapshot);
		if (cached !== undefined)
			return { kind: "suggestion", ...cached, source: "cache" };

		const running =
			this.#running && samePlace(this.#running.place, snapshot)
				? this.#running
				: this.#start(snapshot);
		running.waiters++;
		const suggestion = await orAborted(running.result, signal).finally(() => {
			running.waiters--;
		});
		return suggestion ?? { kind: "none", reason: { kind: "cancelled" } };
	}

	/** Tells where the cursor is now. A running request for any other place is stopped. */
	movedTo(place: Place | undefined): void {
		if (this.#running && !(place && samePlace(this.#running.place, place)))
			this.#abortRunning();
	}

	/** Forgets all answers: those of another model are not this one's. */
	clear(): void {
		this.#abortRunning();
		this.#cache.clear();
	}

	#abortRunning(): void {
		this.#running?.controller.abort();
		this.#running = undefined;
	}

	#start(snapshot: DocumentSnapshot): Running {
		this.#abortRunning();
		const { uri, version, offset } = snapshot;
		const controller = new AbortController();
		const running: Running = {
			place: { uri, version, offset },
			controller,
			waiters: 0,
			result: this.#complete(snapshot, controller.signal)
				.then((suggestion) => {
					if (
						suggestion.kind === "suggestion" &&
						running.waiters === 0 &&
						!controller.signal.aborted
					)
						this.#options.onLateSuggestion(running.place);
					return suggestion;
				})
				.finally(() => {
					if (this.#running === running) this.#running = undefined;
				}),
		};
		this.#running = running;
		return running;
	}

	async #complete(
		snapshot: DocumentSnapshot,
		signal: AbortSignal,
	): Promise<Suggestion> {
		const { engine, log } = this.#options;
		const result = await getCompletion(snapshot, engine, signal);
		const isCancelled =
			result.kind === "none" && result.reason.kind === "cancelled";
		// Most keys cancel the request of the key before: that is no news.
		log[isCancelled ? "debug" : "info"](describe(result));
		if (result.kind === "none") return { kind: "none", reason: result.reason };
		log.trace(`${result.requestId} text: ${JSON.stringify(result.text)}`);
		if (!signal.aborted) this.#cache.put(snapshot, result);
		const { text, requestId } = result;
		return { kind: "suggestion", text, requestId, source: "engine" };
	}
}

export function samePlace(a: Place, b: Place): boolean {
	return a.uri === b.uri && a.version === b.version && a.offset === b.offset;
}

/** One line for the log, without any text of the user's. */
function describe(result: CompletionResult): string {
	const { requestId, stats } = result;
	const outcome =
		result.kind === "suggestion"
			? `suggested ${result.text.length} characters (ended by ${result.end})`
			: `no suggestion (${
					result.reason.kind === "failed"
						? result.reason.error.code
						: result.reason.kind
				})`;
	if (!stats) return `completion ${requestId}: ${outcome}`;
	const reused =
		stats.promptTokens === 0 ? 0 : stats.reusedTokens / stats.promptTokens;
	return (
		`completion ${requestId}: ${outcome}; ` +
		`prompt ${stats.promptTokens} tokens, ${stats.reusedTokens} reused (${formatPercent(reused)}), ${stats.leftOutTokens} left out; ` +
		`prefill ${formatMs(stats.prefillMs)}, ${stats.decodeTokens} tokens decoded in ${formatMs(stats.decodeMs)}, total ${formatMs(stats.totalMs)}`
	);
}
