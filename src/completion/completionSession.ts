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
	type CompletionWork,
	getCompletion,
} from "./getCompletion.ts";
import type { NoSuggestionReason } from "./reasons.ts";
import { agree, typedSince } from "./typedSince.ts";

export type Suggestion =
	| {
			readonly kind: "suggestion";
			readonly text: string;
			readonly source: "engine" | "cache";
			/** Of the request that brought it. */
			readonly requestId: string;
			/** Undefined where nothing was asked of the engine. */
			readonly work: CompletionWork | undefined;
	  }
	| {
			readonly kind: "none";
			readonly reason: NoSuggestionReason;
			readonly work: CompletionWork | undefined;
	  };

/** Where a request was made. Equal places have equal answers. */
export interface Place {
	readonly uri: string;
	readonly version: number;
	readonly offset: number;
}

interface Running {
	readonly snapshot: DocumentSnapshot;
	/** Where the cursor went since, as far as what was typed agrees. */
	place: Place;
	/** What was typed since. */
	typed: string;
	/** What there is of the answer. */
	text: string;
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
	 * document or the cursor moves away from it.
	 */
	async suggest(
		snapshot: DocumentSnapshot,
		signal: AbortSignal,
	): Promise<Suggestion> {
		const cached = this.#cache.find(snapshot);
		if (cached !== undefined)
			return {
				kind: "suggestion",
				...cached,
				source: "cache",
				work: undefined,
			};

		const running = this.#running;
		if (running && this.#typedAlong(running, snapshot)) {
			const suggestion = await waitFor(running, signal);
			if (running.typed === "" || signal.aborted) return suggestion;
			// The answer is for the place where the request was made: the cache knows what is left of it here.
			const rest = this.#cache.find(snapshot);
			if (rest)
				return {
					kind: "suggestion",
					...rest,
					source: "engine",
					work: suggestion.work,
				};
		}
		return waitFor(this.#start(snapshot), signal);
	}

	/**
	 * Tells where the cursor is now. A running request goes on where nothing but the beginning of its answer was typed since, and is
	 * stopped otherwise.
	 *
	 * @param snapshot the document there; asked for only where that matters, for it costs a copy of the text.
	 */
	movedTo(
		place: Place | undefined,
		snapshot: () => DocumentSnapshot | undefined,
	): void {
		const running = this.#running;
		if (!running || (place && samePlace(running.place, place))) return;
		const here = place && snapshot();
		if (!here || !this.#typedAlong(running, here)) this.#abortRunning();
	}

	/** Forgets all answers: those of another model are not this one's. */
	clear(): void {
		this.#abortRunning();
		this.#cache.clear();
	}

	#abortRunning(): void {
		if (this.#running) this.#abort(this.#running);
	}

	/** Whether the request is still good for this state of the document; if so, it takes note of what was typed. */
	#typedAlong(running: Running, snapshot: DocumentSnapshot): boolean {
		const typed = typedSince(running.snapshot, snapshot);
		if (typed === undefined || !agree(typed, running.text)) return false;
		running.typed = typed;
		running.place = placeOf(snapshot);
		return true;
	}

	#start(snapshot: DocumentSnapshot): Running {
		this.#abortRunning();
		const controller = new AbortController();
		const onText = (text: string): void => {
			running.text = text;
			if (!agree(running.typed, text)) this.#abort(running);
		};
		const running: Running = {
			snapshot,
			place: placeOf(snapshot),
			typed: "",
			text: "",
			controller,
			waiters: 0,
			result: this.#complete(snapshot, controller.signal, onText)
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

	#abort(running: Running): void {
		running.controller.abort();
		if (this.#running === running) this.#running = undefined;
	}

	async #complete(
		snapshot: DocumentSnapshot,
		signal: AbortSignal,
		onText: (text: string) => void,
	): Promise<Suggestion> {
		const { engine, log } = this.#options;
		const result = await getCompletion(snapshot, engine, signal, onText);
		const isCancelled =
			result.kind === "none" && result.reason.kind === "cancelled";
		// Many keys cancel the request of the key before: that is no news.
		log[isCancelled ? "debug" : "info"](describe(result));
		if (result.kind === "none")
			return { kind: "none", reason: result.reason, work: result };
		log.trace(`${result.requestId} text: ${JSON.stringify(result.text)}`);
		if (!signal.aborted) this.#cache.put(snapshot, result);
		const { text, requestId } = result;
		return {
			kind: "suggestion",
			text,
			requestId,
			source: "engine",
			work: result,
		};
	}
}

/** The answer, or that the caller gave up waiting for it. */
async function waitFor(
	running: Running,
	signal: AbortSignal,
): Promise<Suggestion> {
	running.waiters++;
	const suggestion = await orAborted(running.result, signal).finally(() => {
		running.waiters--;
	});
	return (
		suggestion ?? {
			kind: "none",
			reason: { kind: "cancelled" },
			work: undefined,
		}
	);
}

function placeOf({ uri, version, offset }: DocumentSnapshot): Place {
	return { uri, version, offset };
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
