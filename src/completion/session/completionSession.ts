/**
 * Completions over time: at most one running request, a cache of answers, a prefetched completion after the suggestion on screen, and
 * late answers, which are offered again.
 *
 * VS Code cancels an inline completion request after 750 ms even if the user has not typed. Such a request is finished all the same: the
 * text it completes is still there.
 */

import { orAborted } from "../../base/abort.ts";
import type { Log } from "../../base/log.ts";
import type { CompletionPriority } from "../../protocol/generation.ts";
import type { CompletionEngine } from "../request/completionEngine.ts";
import { evaluatePrompt } from "../request/evaluatePrompt.ts";
import {
	type CompletionResult,
	getCompletion,
	streamCompletion,
} from "../request/getCompletion.ts";
import type { PromptContextProvider } from "../request/promptContext.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";
import { isMidWord } from "../text/midWord.ts";
import { AdaptiveDebounce } from "./adaptiveDebounce.ts";
import { CompletionCache } from "./completionCache.ts";
import { logCompletion } from "./completionLog.ts";
import {
	afterAccepting,
	isSameText,
	isTypedThrough,
	type Prefetch,
} from "./prefetch.ts";
import { RunningCompletion } from "./runningCompletion.ts";
import {
	type FoundSuggestion,
	noSuggestion,
	type Place,
	placeOf,
	type SuggestionResult,
	samePlace,
} from "./suggestion.ts";

export interface CompletionSessionOptions {
	readonly engine: CompletionEngine;
	readonly contextProvider: PromptContextProvider;
	readonly log: Log;
	/**
	 * An answer is ready after every caller has stopped waiting, and the place is still the same.
	 *
	 * @param isMore whether a caller already has the beginning of it, which may be on screen.
	 */
	readonly onLateSuggestion: (place: Place, isMore: boolean) => void;
	/** Settles after the time, or when the signal aborts. */
	readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
	/** In milliseconds. */
	readonly now: () => number;
}

export interface SuggestOptions {
	readonly signal: AbortSignal;
	/** Requested manually: answered without a debounce, and also where there are no automatic suggestions. */
	readonly isExplicit: boolean;
}

/** VS Code's own debounce. */
const editorDelayMs = 50;

/** An engine that takes longer than this to a first line does not prefetch. */
const slowAnswerMs = 500;

export class CompletionSession {
	readonly #options: CompletionSessionOptions;
	readonly #cache = new CompletionCache();
	readonly #debounce = new AdaptiveDebounce({ editorDelayMs });
	#running: RunningCompletion | undefined;
	#prefetch: Prefetch | undefined;
	/** Where a suggestion was accepted: the next request there is not debounced. */
	#accepted: Place | undefined;
	#version: number | undefined;
	#preparing: AbortController | undefined;

	constructor(options: CompletionSessionOptions) {
		this.#options = options;
	}

	/**
	 * The suggestion at the cursor. When `signal` aborts, the caller gets its answer at once, but the request goes on until the document
	 * or the cursor moves away from it.
	 */
	async suggest(
		snapshot: DocumentSnapshot,
		{ signal, isExplicit }: SuggestOptions,
	): Promise<SuggestionResult> {
		const suggestion =
			this.cached(snapshot) ??
			(await this.#request(snapshot, { signal, isExplicit }));
		// After an explicit request, the alternatives come first.
		if (suggestion.kind === "suggestion" && !signal.aborted && !isExplicit)
			this.#prefetchAfter(snapshot, suggestion.text);
		return suggestion;
	}

	cached(snapshot: DocumentSnapshot): FoundSuggestion | undefined {
		const cached = this.#cache.find(snapshot);
		return (
			cached && {
				kind: "suggestion",
				...cached,
				source: "cache",
				work: undefined,
			}
		);
	}

	/**
	 * Other suggestions for this place, the most likely first. Each costs a request, whose prompt `suggest` has evaluated already.
	 *
	 * @param first the suggestion that `suggest` returned.
	 */
	async alternatives(
		snapshot: DocumentSnapshot,
		first: string,
		count: number,
		signal: AbortSignal,
	): Promise<readonly string[]> {
		const { engine, contextProvider, log } = this.#options;
		const texts = [first];
		for (let rank = 1; rank <= count && !signal.aborted; rank++) {
			const options = { contextProvider, signal, rank };
			const request = getCompletion(snapshot, engine, options).then((it) => {
				logCompletion(log, it, "typing");
				return it;
			});
			// The engine may take a while to notice the abort.
			const result = await orAborted(request, signal);
			if (result?.kind === "suggestion" && !texts.includes(result.text))
				texts.push(result.text);
		}
		this.#prefetchAfter(snapshot, first);
		return texts.slice(1);
	}

	/**
	 * Reports where the cursor is now. A running request continues if the user has typed through the beginning of its answer, and is
	 * aborted otherwise.
	 *
	 * @param snapshot the document there. Called only when needed, because it copies the text.
	 */
	movedTo(
		place: Place | undefined,
		snapshot: () => DocumentSnapshot | undefined,
	): void {
		if (place && place.version !== this.#version) {
			this.#version = place.version;
			this.#debounce.key(this.#options.now());
		}
		this.#preparing?.abort();
		const running = this.#running;
		const prefetch = this.#prefetch;
		if (!running && !prefetch) return;
		if (running && place && samePlace(running.place, place)) return;
		const here = place && snapshot();
		if (running && (!here || !running.advanceTo(here))) this.#abortRunning();
		if (prefetch && (!here || !isTypedThrough(prefetch, here)))
			this.#abortPrefetch();
	}

	/** Reports that a suggestion was accepted, with the cursor after it. */
	acceptedAt(place: Place | undefined): void {
		this.#accepted = place;
	}

	/**
	 * Evaluates the prompt of the next completion at this place in an idle moment, with up-to-date snippets and suffix.
	 *
	 * @returns false where a completion is running: try again later.
	 */
	async prepare(snapshot: DocumentSnapshot): Promise<boolean> {
		if (this.#running || this.#prefetch) return false;
		const { engine, contextProvider, log } = this.#options;
		this.#preparing?.abort();
		const preparing = new AbortController();
		this.#preparing = preparing;
		const { signal } = preparing;
		if (await evaluatePrompt(snapshot, engine, contextProvider, signal)) {
			const snippets = contextProvider.snippetsFor(snapshot.uri).length;
			log.debug(`prepared a prompt with ${snippets} snippets from other files`);
		}
		return true;
	}

	/** Aborts all requests and empties the cache, as after a change of the model. */
	clear(): void {
		this.#preparing?.abort();
		this.#abortRunning();
		this.#abortPrefetch();
		this.#cache.clear();
	}

	async #request(
		snapshot: DocumentSnapshot,
		{ signal, isExplicit }: SuggestOptions,
	): Promise<SuggestionResult> {
		if (!isExplicit && isMidWord(snapshot))
			return noSuggestion({ kind: "midWord" });
		const pauseMs =
			isExplicit || this.#runningFor(snapshot) ? 0 : this.#pauseMs(snapshot);
		if (pauseMs > 0) await this.#options.sleep(pauseMs, signal);
		if (signal.aborted) return noSuggestion({ kind: "cancelled" });
		// No await from here to the start: a second call for the same place must find the request of the first.
		const running = this.#runningFor(snapshot);
		// On an explicit request, VS Code takes all candidates at once and does not ask for the rest of one later.
		const options = { signal, isWhole: isExplicit };
		const suggestion = running && (await running.answerAt(snapshot, options));
		if (suggestion) return suggestion;
		const started = this.#start(snapshot);
		return (await started.answerAt(snapshot, options)) ?? started.result;
	}

	/** No debounce at the start of a line and after an accepted suggestion, where the user pauses for what comes next. */
	#pauseMs(snapshot: DocumentSnapshot): number {
		const { text, offset } = snapshot;
		const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
		const isAwaited =
			line.trim() === "" ||
			(this.#accepted && samePlace(this.#accepted, placeOf(snapshot)));
		return isAwaited ? 0 : this.#debounce.pauseMs;
	}

	/** A running request whose answer is valid here too. */
	#runningFor(snapshot: DocumentSnapshot): RunningCompletion | undefined {
		const running = this.#running;
		if (running?.advanceTo(snapshot)) return running;
		const prefetched = this.#prefetch?.running;
		if (!prefetched || !isSameText(prefetched.snapshot, snapshot))
			return undefined;
		// The suggestion was accepted before the prefetch finished: it becomes the running request.
		this.#abortRunning();
		this.#prefetch = undefined;
		this.#running = prefetched;
		prefetched.advanceTo(snapshot);
		return prefetched;
	}

	#start(snapshot: DocumentSnapshot): RunningCompletion {
		this.#abortRunning();
		this.#abortPrefetch();
		const running = this.#run(snapshot, "typing");
		this.#running = running;
		return running;
	}

	/** Requests the completion that follows this suggestion, should it be accepted. The next key that does not match it aborts that. */
	#prefetchAfter(shownAt: DocumentSnapshot, suggestion: string): void {
		const accepted = afterAccepting(shownAt, suggestion);
		// On a slow machine a prefetch costs power and is rarely ready in time.
		if (this.#debounce.answerMs > slowAnswerMs) return;
		if (this.#running || this.#cache.find(accepted)) return;
		if (this.#prefetch && isSameText(this.#prefetch.running.snapshot, accepted))
			return;
		this.#abortPrefetch();
		const running = this.#run(accepted, "idle");
		this.#prefetch = { shownAt, suggestion, running };
	}

	#run(
		snapshot: DocumentSnapshot,
		priority: CompletionPriority,
	): RunningCompletion {
		const { engine, contextProvider } = this.#options;
		const running = new RunningCompletion(snapshot, (signal) =>
			streamCompletion(snapshot, engine, { contextProvider, signal, priority }),
		);
		void this.#read(running, priority);
		return running;
	}

	async #read(
		running: RunningCompletion,
		priority: CompletionPriority,
	): Promise<void> {
		const { now } = this.#options;
		const startMs = now();
		let isFirst = true;
		try {
			for await (const event of running) {
				if (event.kind === "end") this.#finish(running, event.result, priority);
				else if (isFirst && priority === "typing")
					this.#debounce.answered(now() - startMs);
				isFirst = false;
			}
		} catch {
			// A defect in a filter: callers that wait for the result get it.
		} finally {
			this.#forget(running);
		}
	}

	#finish(
		running: RunningCompletion,
		result: CompletionResult,
		priority: CompletionPriority,
	): void {
		const { log, onLateSuggestion } = this.#options;
		logCompletion(log, result, priority);
		if (result.kind === "suggestion" && !running.isAborted)
			this.#cache.put(running.snapshot, result);
		const isCurrent = this.#running === running;
		this.#forget(running);
		if (isCurrent && running.isUnseen(result))
			onLateSuggestion(running.place, running.isGiven);
	}

	#abortRunning(): void {
		if (this.#running) this.#abort(this.#running);
	}

	#abortPrefetch(): void {
		if (this.#prefetch) this.#abort(this.#prefetch.running);
	}

	#abort(running: RunningCompletion): void {
		running.abort();
		this.#forget(running);
	}

	#forget(running: RunningCompletion): void {
		if (this.#running === running) this.#running = undefined;
		if (this.#prefetch?.running === running) this.#prefetch = undefined;
	}
}
