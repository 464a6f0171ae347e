/**
 * Completions over time: one running request at most, answers kept for later, the next answer fetched ahead, and answers that came too
 * late offered again.
 *
 * VS Code stops waiting for an inline completion after 750 ms, also where nobody typed. Such a request is worth finishing:
 * the text that it is for still stands there.
 */

import { orAborted } from "../../base/abort.ts";
import type { Log } from "../../base/log.ts";
import { formatMs, formatPercent } from "../../base/units.ts";
import type { Priority } from "../../protocol/generation.ts";
import {
	type CompletionEngine,
	type CompletionOptions,
	type CompletionResult,
	type CompletionWork,
	evaluatePrompt,
	getCompletion,
	type PromptContextProvider,
} from "../request/getCompletion.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";
import { isMidWord } from "../text/midWord.ts";
import { AdaptiveDebounce } from "./adaptiveDebounce.ts";
import { CompletionCache } from "./completionCache.ts";
import {
	type CompletionHooks,
	RunningCompletion,
} from "./runningCompletion.ts";
import {
	type FoundSuggestion,
	noSuggestion,
	type Place,
	placeOf,
	type SuggestionResult,
	samePlace,
} from "./suggestion.ts";
import { typedSince } from "./typedSince.ts";

/** The completion behind a suggestion that is on screen, for when it is accepted. */
interface Ahead {
	/** Where the suggestion is shown. */
	readonly shownAt: DocumentSnapshot;
	readonly suggestion: string;
	readonly running: RunningCompletion;
}

export interface CompletionSessionOptions {
	readonly engine: CompletionEngine;
	readonly contextProvider: PromptContextProvider;
	readonly log: Log;
	/**
	 * An answer is ready that nobody waits for any more, at a place that is still the same.
	 *
	 * @param isMore whether a caller was given the beginning of it, which may be on screen.
	 */
	readonly onLateSuggestion: (place: Place, isMore: boolean) => void;
	/** Settles after the time, or when the signal aborts. */
	readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
	/** In milliseconds. */
	readonly now: () => number;
}

export interface SuggestOptions {
	readonly signal: AbortSignal;
	/** Asked for by hand: at once, and also where nothing is suggested unasked. */
	readonly isExplicit: boolean;
}

/** After a key VS Code waits so long before it asks. */
const editorDelayMs = 50;

/** An engine that takes longer to a first line is not kept busy with what may never be wanted. */
const slowAnswerMs = 500;

export class CompletionSession {
	readonly #options: CompletionSessionOptions;
	readonly #cache = new CompletionCache();
	readonly #rhythm = new AdaptiveDebounce({ editorDelayMs });
	#running: RunningCompletion | undefined;
	#ahead: Ahead | undefined;
	/** Where a suggestion was accepted: what follows it is asked for at once. */
	#accepted: Place | undefined;
	#version: number | undefined;
	#preparing: AbortController | undefined;

	constructor(options: CompletionSessionOptions) {
		this.#options = options;
	}

	/**
	 * The suggestion at the cursor. When `signal` aborts, the caller is answered at once; the work goes on until the
	 * document or the cursor moves away from it.
	 */
	async suggest(
		snapshot: DocumentSnapshot,
		{ signal, isExplicit }: SuggestOptions,
	): Promise<SuggestionResult> {
		const suggestion =
			this.known(snapshot) ??
			(await this.#ask(snapshot, { signal, isExplicit }));
		// Who asks by hand gets others first.
		if (suggestion.kind === "suggestion" && !signal.aborted && !isExplicit)
			this.#fetchAhead(snapshot, suggestion.text);
		return suggestion;
	}

	/** What can be answered without the engine. */
	known(snapshot: DocumentSnapshot): FoundSuggestion | undefined {
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
	 * Other texts that may stand here, the likelier ones first. Each costs a request, whose prompt is evaluated already after `suggest`.
	 *
	 * @param except the suggestion that is known.
	 */
	async alternatives(
		snapshot: DocumentSnapshot,
		except: string,
		count: number,
		signal: AbortSignal,
	): Promise<readonly string[]> {
		const texts = [except];
		for (let rank = 1; rank <= count && !signal.aborted; rank++) {
			// The engine may take a while to notice that it is not waited for any more.
			const result = await orAborted(
				this.#complete(snapshot, { signal, rank }),
				signal,
			);
			if (result?.kind === "suggestion" && !texts.includes(result.text))
				texts.push(result.text);
		}
		this.#fetchAhead(snapshot, except);
		return texts.slice(1);
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
		if (place && place.version !== this.#version) {
			this.#version = place.version;
			this.#rhythm.key(this.#options.now());
		}
		this.#preparing?.abort();
		const running = this.#running;
		const ahead = this.#ahead;
		if (!running && !ahead) return;
		if (running && place && samePlace(running.place, place)) return;
		const here = place && snapshot();
		if (running && (!here || !running.goesAlongWith(here)))
			this.#abortRunning();
		if (ahead && (!here || !leadsTo(ahead, here))) this.#abortAhead();
	}

	/** A suggestion was taken over into the document, and the cursor stands behind it. */
	acceptedAt(place: Place | undefined): void {
		this.#accepted = place;
	}

	/**
	 * Evaluates what the next prompt at this place will need, where nobody waits for anything: new snippets of other files, and the text behind
	 * the cursor as it really is.
	 *
	 * @returns false where something was under way, and another moment is better.
	 */
	async prepare(snapshot: DocumentSnapshot): Promise<boolean> {
		if (this.#running || this.#ahead) return false;
		const { engine, contextProvider, log } = this.#options;
		this.#preparing?.abort();
		const preparing = new AbortController();
		this.#preparing = preparing;
		const { signal } = preparing;
		if (await evaluatePrompt(snapshot, engine, contextProvider, signal)) {
			const snippets = contextProvider.snippetsFor(snapshot.uri).length;
			log.debug(`prepared a prompt with ${snippets} snippets of other files`);
		}
		return true;
	}

	/** Forgets all answers: those of another model are not this one's. */
	clear(): void {
		this.#preparing?.abort();
		this.#abortRunning();
		this.#abortAhead();
		this.#cache.clear();
	}

	async #ask(
		snapshot: DocumentSnapshot,
		{ signal, isExplicit }: SuggestOptions,
	): Promise<SuggestionResult> {
		if (!isExplicit && isMidWord(snapshot))
			return noSuggestion({ kind: "midWord" });
		const pauseMs =
			isExplicit || this.#runningFor(snapshot) ? 0 : this.#pauseMs(snapshot);
		if (pauseMs > 0) await this.#options.sleep(pauseMs, signal);
		if (signal.aborted) return noSuggestion({ kind: "cancelled" });
		// Without a tick where nothing runs: a second question for the same place must find the request of the first.
		const running = this.#runningFor(snapshot);
		// VS Code asks by hand for all candidates at once, and takes no more of one later.
		const options = { signal, isWhole: isExplicit };
		const suggestion = running && (await running.answerAt(snapshot, options));
		if (suggestion) return suggestion;
		const started = this.#start(snapshot);
		return (await started.answerAt(snapshot, options)) ?? started.result;
	}

	/** At the start of a line, and behind what was just accepted, people look for what comes next. */
	#pauseMs(snapshot: DocumentSnapshot): number {
		const { text, offset } = snapshot;
		const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
		const isAwaited =
			line.trim() === "" ||
			(this.#accepted && samePlace(this.#accepted, placeOf(snapshot)));
		return isAwaited ? 0 : this.#rhythm.pauseMs;
	}

	/** A request on its way whose answer is good here too. */
	#runningFor(snapshot: DocumentSnapshot): RunningCompletion | undefined {
		const running = this.#running;
		if (running?.goesAlongWith(snapshot)) return running;
		const ahead = this.#ahead?.running;
		if (!ahead || !isSameText(ahead.snapshot, snapshot)) return undefined;
		// The suggestion was accepted before what follows it was there: now somebody waits for that.
		this.#abortRunning();
		this.#ahead = undefined;
		this.#running = ahead;
		ahead.goesAlongWith(snapshot);
		return ahead;
	}

	#start(snapshot: DocumentSnapshot): RunningCompletion {
		this.#abortRunning();
		this.#abortAhead();
		const running = this.#run(snapshot, "typing");
		this.#running = running;
		return running;
	}

	/** The completion that comes after this suggestion, should it be accepted. The next key that does not agree ends it. */
	#fetchAhead(shownAt: DocumentSnapshot, suggestion: string): void {
		const { text, offset } = shownAt;
		const inserted = text.includes("\r\n")
			? suggestion.replaceAll("\n", "\r\n")
			: suggestion;
		const accepted: DocumentSnapshot = {
			...shownAt,
			text: text.slice(0, offset) + inserted + text.slice(offset),
			offset: offset + inserted.length,
		};
		// What a slow machine computes in vain heats it, and is hardly there in time.
		if (this.#rhythm.answerMs > slowAnswerMs) return;
		if (this.#running || this.#cache.find(accepted)) return;
		if (this.#ahead && isSameText(this.#ahead.running.snapshot, accepted))
			return;
		this.#abortAhead();
		const running = this.#run(accepted, "idle");
		this.#ahead = { shownAt, suggestion, running };
	}

	#run(snapshot: DocumentSnapshot, priority: Priority): RunningCompletion {
		const running = new RunningCompletion(snapshot, (hooks) =>
			this.#answer(snapshot, priority, hooks),
		);
		const ended = (): void => this.#ended(running);
		running.result
			.then((suggestion) => {
				if (this.#running === running && running.isUnseen(suggestion))
					this.#options.onLateSuggestion(running.place, running.isGiven);
			})
			// Whoever waits is told; where nobody does, a defect in a rule must not keep the place of a request that is over.
			.then(ended, ended);
		return running;
	}

	async #answer(
		snapshot: DocumentSnapshot,
		priority: Priority,
		hooks: CompletionHooks,
	): Promise<SuggestionResult> {
		const { now } = this.#options;
		const startMs = now();
		let isFirst = true;
		const result = await this.#complete(snapshot, {
			...hooks,
			priority,
			onText: (text) => {
				if (isFirst && priority === "typing")
					this.#rhythm.answered(now() - startMs);
				isFirst = false;
				hooks.onText(text);
			},
		});
		const work = workOf(result);
		if (result.kind === "none") return noSuggestion(result.reason, work);
		if (!hooks.signal.aborted) this.#cache.put(snapshot, result);
		const { kind, text, requestId } = result;
		return { kind, text, requestId, source: "engine", work };
	}

	#abortRunning(): void {
		if (this.#running) this.#abort(this.#running);
	}

	#abortAhead(): void {
		if (this.#ahead) this.#abort(this.#ahead.running);
	}

	#abort(running: RunningCompletion): void {
		running.abort();
		this.#ended(running);
	}

	#ended(running: RunningCompletion): void {
		if (this.#running === running) this.#running = undefined;
		if (this.#ahead?.running === running) this.#ahead = undefined;
	}

	async #complete(
		snapshot: DocumentSnapshot,
		options: Omit<CompletionOptions, "contextProvider">,
	): Promise<CompletionResult> {
		const { engine, contextProvider, log } = this.#options;
		const result = await getCompletion(snapshot, engine, {
			...options,
			contextProvider,
		});
		const isCancelled =
			result.kind === "none" && result.reason.kind === "cancelled";
		// Many keys cancel the request of the key before, and what is fetched ahead is mostly not used: that is no news.
		const isNews = !isCancelled && options.priority !== "idle";
		log[isNews ? "info" : "debug"](describe(result));
		if (result.kind === "suggestion")
			log.trace(`${result.requestId} text: ${JSON.stringify(result.text)}`);
		return result;
	}
}

/** Whether what was typed since the suggestion was shown is the beginning of it, or all. */
function leadsTo(
	{ shownAt, suggestion }: Ahead,
	here: DocumentSnapshot,
): boolean {
	const typed = typedSince(shownAt, here);
	return typed !== undefined && suggestion.startsWith(typed.text);
}

function isSameText(a: DocumentSnapshot, b: DocumentSnapshot): boolean {
	return a.uri === b.uri && a.offset === b.offset && a.text === b.text;
}

/** What it took, without the text: that is the user's. */
function workOf({
	requestId,
	stats,
	firedFilters,
}: CompletionResult): CompletionWork {
	return { requestId, stats, firedFilters };
}

/** One line for the log, without any text of the user's. */
function describe(result: CompletionResult): string {
	const { requestId, stats, firedFilters } = result;
	const outcome =
		result.kind === "suggestion"
			? `suggested ${result.text.length} characters (ended by ${result.end})`
			: `no suggestion (${
					result.reason.kind === "failed"
						? result.reason.error.code
						: result.reason.kind
				})`;
	const rules = firedFilters.length > 0 ? `; ${firedFilters.join(", ")}` : "";
	if (!stats) return `completion ${requestId}: ${outcome}${rules}`;
	const reused =
		stats.promptTokens === 0 ? 0 : stats.reusedTokens / stats.promptTokens;
	const drafted =
		stats.draftedTokens === 0
			? ""
			: ` and ${stats.decodeSteps} steps (${stats.acceptedTokens} of ${stats.draftedTokens} drafted accepted)`;
	return (
		`completion ${requestId}: ${outcome}${rules}; ` +
		`prompt ${stats.promptTokens} tokens, ${stats.reusedTokens} reused (${formatPercent(reused)}), ` +
		`${stats.snippetTokens} of other files, ${stats.leftOutTokens} left out; ` +
		`prefill ${formatMs(stats.prefillMs)}, ${stats.decodeTokens} tokens decoded in ${formatMs(stats.decodeMs)}${drafted}, total ${formatMs(stats.totalMs)}`
	);
}
