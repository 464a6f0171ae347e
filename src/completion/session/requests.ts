/** Requests to the engine: one that the user waits for, which the next one steers, and one that is prefetched. */

import type { Log } from "../../base/log.ts";
import type { CompletionPriority } from "../../protocol/generation.ts";
import type { SuggestionGate } from "../confidence/gate.ts";
import type { CompletionEngine } from "../request/completionEngine.ts";
import {
	type CompletionResult,
	streamCompletion,
} from "../request/getCompletion.ts";
import type { PromptContextProvider } from "../request/promptContext.ts";
import type { SyntaxPort } from "../syntax/syntaxPort.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";
import type { AnswerCache, FoundAnswer } from "./answerCache.ts";
import { logCompletion } from "./completionLog.ts";
import { afterAccepting, isTypedThrough, type Prefetch } from "./prefetch.ts";
import { RunningCompletion } from "./runningCompletion.ts";
import { isSameText, isWholeAnswer } from "./suggestion.ts";

export interface RequestsOptions {
	readonly engine: CompletionEngine;
	readonly contextProvider: PromptContextProvider;
	/** Without it, brackets and indentation decide what a block is. */
	readonly syntax?: SyntaxPort | undefined;
	readonly log: Log;
	/** Ends requests that nobody made where nothing more would be shown. */
	readonly gate?: Pick<SuggestionGate, "minProbability" | "isEnough">;
	/** Gets every answer, also a late one, and one that was given up as far as it is known. */
	readonly cache: AnswerCache;
	/** The request that the user waited for has ended. */
	readonly onEnd: (
		running: RunningCompletion,
		result: CompletionResult,
	) => void;
	/** Settles after the time, or when the signal aborts. */
	readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Where the first line is not complete so long after its first word, its first words are given. */
export const firstWordsMs = 60;

export class Requests {
	readonly #options: RequestsOptions;
	/** Those that do not end early. */
	readonly #whole = new WeakSet<RunningCompletion>();
	#running: RunningCompletion | undefined;
	#prefetch: Prefetch | undefined;

	constructor(options: RequestsOptions) {
		this.#options = options;
	}

	/** The request that the user waits for. */
	get running(): RunningCompletion | undefined {
		return this.#running;
	}

	get isBusy(): boolean {
		return this.#running !== undefined || this.#prefetch !== undefined;
	}

	/**
	 * A running request whose answer is valid here too. One without any text yet is steered by each key: with the key, its text is better.
	 *
	 * @param isWhole whether one will not do that may end where nothing more would be shown.
	 */
	runningFor(
		snapshot: DocumentSnapshot,
		isWhole = false,
	): RunningCompletion | undefined {
		const running = this.#running;
		if (isWhole && !(running && this.#whole.has(running))) return undefined;
		if (
			running &&
			(running.hasText || isSameText(running.here, snapshot)) &&
			running.advanceTo(snapshot)
		)
			return running;
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

	/** Ends what is of no use at this place: a prefetch after a suggestion that is not typed through, and a running request for other text. */
	movedTo(here: DocumentSnapshot | undefined): void {
		if (this.#prefetch && !(here && isTypedThrough(this.#prefetch, here)))
			this.#abortPrefetch();
		if (!here || !this.#running?.advanceTo(here)) this.#abortRunning();
	}

	abortAll(): void {
		this.#abortRunning();
		this.#abortPrefetch();
	}

	/**
	 * Starts a request in the place of the running one.
	 *
	 * @param isWhole whether its answer is wanted to the end, however unsure.
	 */
	start(snapshot: DocumentSnapshot, isWhole = false): RunningCompletion {
		this.#abortPrefetch();
		const earlier = this.#running;
		if (earlier) {
			this.#keep(earlier);
			earlier.leave();
		}
		const minProbability = isWhole ? 0 : this.#minProbability;
		const running = this.#run(snapshot, "typing", minProbability, earlier);
		this.#running = running;
		return running;
	}

	/** Requests the completion that follows this suggestion, should it be accepted. The next key that does not match it aborts that. */
	prefetchAfter(shownAt: DocumentSnapshot, suggestion: string): void {
		if (this.#running) return;
		const accepted = afterAccepting(shownAt, suggestion);
		const found = this.#options.cache.find(accepted);
		if (found && !found.isPrepended && this.#isEnough(found)) return;
		if (this.#prefetch && isSameText(this.#prefetch.running.snapshot, accepted))
			return;
		this.#abortPrefetch();
		const running = this.#run(accepted, "idle", this.#minProbability);
		this.#prefetch = { shownAt, suggestion, running };
	}

	#isEnough({ isWhole, pieces, typedChars }: FoundAnswer): boolean {
		return isWhole || this.#options.gate?.isEnough(pieces, typedChars) === true;
	}

	get #minProbability(): number {
		return this.#options.gate?.minProbability ?? 0;
	}

	#run(
		snapshot: DocumentSnapshot,
		priority: CompletionPriority,
		minProbability: number,
		earlier?: RunningCompletion,
	): RunningCompletion {
		const { engine, contextProvider, syntax } = this.#options;
		// Not the request itself: each would keep the one before.
		const replaces = earlier?.requestId;
		const running = new RunningCompletion(snapshot, (signal, onStarted) => {
			const steered: CompletionEngine = {
				complete(request, its) {
					const it = engine.complete(request, its, replaces);
					onStarted(it.requestId);
					return it;
				},
			};
			const options = {
				contextProvider,
				syntax,
				signal,
				priority,
				minProbability,
			};
			return streamCompletion(snapshot, steered, options);
		});
		if (minProbability === 0) this.#whole.add(running);
		void this.#read(running, priority, earlier);
		return running;
	}

	async #read(
		running: RunningCompletion,
		priority: CompletionPriority,
		earlier: RunningCompletion | undefined,
	): Promise<void> {
		let isFirst = true;
		try {
			for await (const event of running) {
				if (event.kind === "end") this.#finish(running, event.result, priority);
				else if (running.isContradicted && this.#running === running)
					this.start(running.here);
				else if (isFirst) void this.#offerWords(running);
				isFirst = false;
			}
		} catch {
			// A defect in a filter: callers that wait for the result get it.
		} finally {
			this.#forget(running);
			// Where this one never reached the engine.
			earlier?.abort();
		}
	}

	async #offerWords(running: RunningCompletion): Promise<void> {
		await this.#options.sleep(firstWordsMs, running.signal);
		running.offerWords();
	}

	#finish(
		running: RunningCompletion,
		result: CompletionResult,
		priority: CompletionPriority,
	): void {
		logCompletion(this.#options.log, result, priority);
		if (result.kind === "suggestion")
			this.#options.cache.put(running.snapshot, {
				...result,
				isWhole: isWholeAnswer(result),
			});
		else if (result.reason.kind === "cancelled") this.#keep(running);
		const isCurrent = this.#running === running;
		this.#forget(running);
		if (isCurrent) this.#options.onEnd(running, result);
	}

	#abortRunning(): void {
		if (this.#running) this.#abort(this.#running);
	}

	#abortPrefetch(): void {
		if (this.#prefetch) this.#abort(this.#prefetch.running);
	}

	#abort(running: RunningCompletion): void {
		this.#keep(running);
		running.abort();
		this.#forget(running);
	}

	/** Caches what is known of an answer. */
	#keep(running: RunningCompletion): void {
		const { answerSoFar } = running;
		if (answerSoFar) this.#options.cache.put(running.snapshot, answerSoFar);
	}

	#forget(running: RunningCompletion): void {
		if (this.#running === running) this.#running = undefined;
		if (this.#prefetch?.running === running) this.#prefetch = undefined;
	}
}
