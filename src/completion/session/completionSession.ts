/**
 * Completions over time: at most one request that the user waits for, which each key goes along with or steers; a cache of answers; a
 * prefetched completion after the suggestion on screen; and late answers, which are offered again.
 *
 * When to compute and when to show are two questions. Computing starts with the key. What is known is shown when the user reads: see
 * `ShowTiming`.
 *
 * VS Code cancels an inline completion request after 750 ms even if the user has not typed. Such a request is finished all the same: the
 * text it completes is still there.
 */

import { orAborted } from "../../base/abort.ts";
import type { Log } from "../../base/log.ts";
import type { SuggestionGate } from "../confidence/gate.ts";
import type { CompletionEngine } from "../request/completionEngine.ts";
import { evaluatePrompt } from "../request/evaluatePrompt.ts";
import {
	type CompletionResult,
	getCompletion,
} from "../request/getCompletion.ts";
import type { PromptContextProvider } from "../request/promptContext.ts";
import { syntaxAt } from "../syntax/syntaxAt.ts";
import type { SyntaxPort } from "../syntax/syntaxPort.ts";
import {
	type DocumentSnapshot,
	documentContext,
} from "../text/documentContext.ts";
import { isMidWord } from "../text/midWord.ts";
import { AnswerCache, type FoundAnswer } from "./answerCache.ts";
import { logCompletion } from "./completionLog.ts";
import { GivenText } from "./givenText.ts";
import { knownWords } from "./knownWords.ts";
import { Requests } from "./requests.ts";
import type { RunningCompletion } from "./runningCompletion.ts";
import { ShowTiming } from "./showTiming.ts";
import {
	type FoundSuggestion,
	fromCache,
	isSameText,
	noSuggestion,
	type Place,
	placeOf,
	type SuggestionResult,
	samePlace,
} from "./suggestion.ts";

export interface CompletionSessionOptions {
	readonly engine: CompletionEngine;
	readonly contextProvider: PromptContextProvider;
	/** Without it, brackets and indentation decide what a block is. */
	readonly syntax?: SyntaxPort | undefined;
	readonly log: Log;
	/**
	 * An answer is ready after every caller has stopped waiting, and the place is still the same.
	 *
	 * @param isMore whether a caller already has the beginning of it, which may be on screen.
	 */
	readonly onLateSuggestion: (place: Place, isMore: boolean) => void;
	/** Cuts what is handed out unasked. Without it, all is shown. */
	readonly gate?: SuggestionGate;
	/** Asked each time, because settings and the power supply change. */
	readonly policy?: () => CompletionPolicy;
	/** Settles after the time, or when the signal aborts. */
	readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
	/** In milliseconds. */
	readonly now: () => number;
}

export interface CompletionPolicy {
	/** Suggestions are shown as soon as they are known, rather than when the user slows down. */
	readonly showsAtOnce: boolean;
	/** Each key starts a request, rather than a pause in typing; and what follows a suggestion is computed in advance. */
	readonly computesAtEveryKey: boolean;
}

const everythingAtOnce: CompletionPolicy = {
	showsAtOnce: true,
	computesAtEveryKey: true,
};

export interface SuggestOptions {
	readonly signal: AbortSignal;
	/** Requested manually: answered as a whole and at once, and also where there are no automatic suggestions. */
	readonly isExplicit: boolean;
}

/** What is known, but not all that will be, is given after so long. */
const fallbackMs = 150;
/** Nobody asks in a document where so many keys passed without a question: as where the editor's setting is off. */
const maxUnaskedKeys = 16;

export class CompletionSession {
	readonly #options: CompletionSessionOptions;
	readonly #cache = new AnswerCache();
	readonly #timing = new ShowTiming();
	readonly #given = new GivenText();
	readonly #requests: Requests;
	/** Ended without a suggestion: asking again would give the same. */
	#fruitless: RunningCompletion | undefined;
	#preparing: AbortController | undefined;
	/** Of the cursor. */
	#place: Place | undefined;
	/** Where a suggestion was asked for last. */
	#asked: Place | undefined;
	/** The document in which suggestions are asked for unrequested. */
	#typingIn: string | undefined;
	#unaskedKeys = 0;
	/** Calls of `suggest` without an answer yet. */
	#waiters = 0;

	constructor(options: CompletionSessionOptions) {
		this.#options = options;
		this.#requests = new Requests({
			...options,
			cache: this.#cache,
			onEnd: (running, result) => this.#ended(running, result),
		});
	}

	/**
	 * The suggestion at the cursor. When `signal` aborts, the caller gets its answer at once, but the request goes on until the document
	 * or the cursor moves away from it.
	 */
	async suggest(
		snapshot: DocumentSnapshot,
		{ signal, isExplicit }: SuggestOptions,
	): Promise<SuggestionResult> {
		this.#waiters++;
		this.#asked = placeOf(snapshot);
		if (!isExplicit) {
			this.#typingIn = snapshot.uri;
			this.#unaskedKeys = 0;
		}
		try {
			const answer = await this.#answer(snapshot, { signal, isExplicit });
			if (answer.kind === "none" || signal.aborted) return answer;
			if (!isExplicit) return await this.#show(snapshot, answer, signal);
			this.#given.give(snapshot, answer);
			// The alternatives come before what follows.
			return answer;
		} finally {
			this.#waiters--;
		}
	}

	/** What would be suggested without a request. */
	cached(snapshot: DocumentSnapshot): FoundSuggestion | undefined {
		return this.#known(snapshot);
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
		const { engine, contextProvider, syntax, log } = this.#options;
		const texts = [first];
		for (let rank = 1; rank <= count && !signal.aborted; rank++) {
			const options = { contextProvider, syntax, signal, rank };
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
	 * Reports where the cursor is now. A running request goes on if the user has typed through the beginning of its answer. Another key
	 * steers it, where suggestions are asked for in this document; otherwise it is aborted.
	 *
	 * @param snapshot the document there. Called only when needed, because it copies the text.
	 */
	movedTo(
		place: Place | undefined,
		snapshot: () => DocumentSnapshot | undefined,
	): void {
		const isKey =
			place !== undefined &&
			place.uri === this.#place?.uri &&
			place.version !== this.#place.version;
		this.#place = place;
		if (isKey) {
			this.#timing.key(this.#options.now());
			this.#unaskedKeys++;
		}
		this.#preparing?.abort();
		const { running, isBusy } = this.#requests;
		if (running && place && samePlace(running.place, place)) return;
		const computes = isKey && this.#computesAt(place);
		if (!isBusy && !computes) return;
		const here = place && snapshot();
		const isWanted = here && computes && !this.#known(here) && !isMidWord(here);
		if (isWanted && this.#requests.runningFor(here)) return;
		if (isWanted) this.#requests.start(here);
		else this.#requests.movedTo(here);
	}

	/** Reports that the last suggestion was not shown after all: another one may take its place. */
	withheld(): void {
		this.#given.clear();
	}

	/** Reports that a suggestion was accepted, with the cursor after it. */
	acceptedAt(place: Place | undefined): void {
		this.#timing.acceptedAt(place);
	}

	/**
	 * Evaluates the prompt of the next completion at this place in an idle moment, with up-to-date snippets and suffix.
	 *
	 * @returns false where a completion is running: try again later.
	 */
	async prepare(snapshot: DocumentSnapshot): Promise<boolean> {
		if (this.#requests.isBusy) return false;
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

	/** Aborts all requests and forgets all answers, as after a change of the model. */
	clear(): void {
		this.#preparing?.abort();
		this.#requests.abortAll();
		this.#cache.clear();
		this.#given.clear();
		this.#fruitless = undefined;
		this.#asked = undefined;
		this.#typingIn = undefined;
	}

	get #policy(): CompletionPolicy {
		return this.#options.policy?.() ?? everythingAtOnce;
	}

	async #answer(
		snapshot: DocumentSnapshot,
		{ signal, isExplicit }: SuggestOptions,
	): Promise<SuggestionResult> {
		const known = this.#known(snapshot, isExplicit);
		if (known) return known;
		if (!isExplicit && isMidWord(snapshot))
			return noSuggestion({ kind: "midWord" });
		const { sleep, now } = this.#options;
		if (
			!isExplicit &&
			!this.#policy.computesAtEveryKey &&
			!this.#requests.runningFor(snapshot)
		)
			await sleep(this.#timing.waitMs(snapshot, now()), signal);
		if (signal.aborted) return noSuggestion({ kind: "cancelled" });
		// No await from here to the start: a second call for the same place must find the request of the first.
		const fruitless = this.#fruitless;
		if (!isExplicit && fruitless && isSameText(fruitless.snapshot, snapshot))
			return fruitless.result;
		const running =
			this.#requests.runningFor(snapshot, isExplicit) ??
			this.#requests.start(snapshot, isExplicit);
		// On an explicit request, VS Code takes all candidates at once and does not ask for the rest of one later.
		const options = { signal, isWhole: isExplicit };
		const fallback = isExplicit ? undefined : this.#fallback(snapshot);
		const answer = await (fallback
			? Promise.race([
					running.answerAt(snapshot, options),
					sleep(fallbackMs, signal).then(() => fallback),
				])
			: running.answerAt(snapshot, options));
		if (answer) return answer.kind === "none" ? (fallback ?? answer) : answer;
		// The text turned out to be another than what was typed ahead of it.
		const next =
			this.#requests.runningFor(snapshot, isExplicit) ??
			this.#requests.start(snapshot, isExplicit);
		return (await next.answerAt(snapshot, options)) ?? next.result;
	}

	/** Hands a suggestion out, when the user reads. The only place where that happens unasked. */
	async #show(
		snapshot: DocumentSnapshot,
		answer: FoundSuggestion,
		signal: AbortSignal,
	): Promise<SuggestionResult> {
		const { sleep, now } = this.#options;
		const { work } = answer;
		let shown = this.#surePart(snapshot, answer);
		if (!shown) return noSuggestion({ kind: "unsure" }, work);
		if (!this.#policy.showsAtOnce && !this.#given.restAt(snapshot)) {
			const waitMs = this.#timing.waitMs(snapshot, now(), shown);
			if (waitMs > 0) await sleep(waitMs, signal);
			if (signal.aborted) return noSuggestion({ kind: "cancelled" }, work);
			// More may be known by now.
			const known = waitMs > 0 ? this.#known(snapshot) : undefined;
			const more = known && this.#surePart(snapshot, known);
			if (more?.text.startsWith(shown.text)) shown = { ...more, work };
		}
		this.#given.give(snapshot, shown);
		this.#prefetchAfter(snapshot, shown.text);
		return shown;
	}

	/** The part of a suggestion that is shown unasked; never less than what is on screen. */
	#surePart(
		here: DocumentSnapshot,
		suggestion: FoundSuggestion,
	): FoundSuggestion | undefined {
		const { gate, syntax } = this.#options;
		if (!gate) return suggestion;
		const { pieces, typedChars, text } = suggestion;
		let part = gate.shownPart(pieces, typedChars, here.languageId);
		if (syntax && part.length < text.length && part.trim().includes("\n"))
			part = syntaxAt(
				syntax,
				here.languageId,
				documentContext(here),
			).wholeLinesOfPart(part, text);
		const shownChars = this.#given.restAt(here)?.text.length ?? 0;
		const sure = text.slice(0, Math.max(part.length, shownChars));
		if (sure === text) return suggestion;
		return sure.trim() === ""
			? undefined
			: { ...suggestion, text: sure, isWhole: false };
	}

	/**
	 * What needs no request: the rest of what was given, so that it never changes while it is typed through, or more of the same; else the
	 * beginning of the running answer, or an answer from the cache.
	 */
	#known(here: DocumentSnapshot, isWhole = false): FoundSuggestion | undefined {
		const cached = this.#cache.find(here);
		const isUsed =
			cached !== undefined &&
			!cached.isPrepended &&
			(cached.isWhole || (!isWhole && this.#isEnough(cached)));
		const whole = isUsed ? fromCache(cached) : undefined;
		if (isWhole) return whole;
		const running = this.#requests.running?.known(here);
		const given = this.#given.restAt(here);
		if (!given) return running ?? whole;
		if (given.isWhole) return given;
		return (
			[whole, running].find((it) => it?.text.startsWith(given.text)) ?? given
		);
	}

	/** Whether no more would be shown if more was known. */
	#isEnough({ pieces, typedChars }: FoundAnswer): boolean {
		return this.#options.gate?.isEnough(pieces, typedChars) ?? false;
	}

	/** What may serve until more is known: the beginning of an answer that was given up, or an answer from behind the cursor. */
	#fallback(here: DocumentSnapshot): FoundSuggestion | undefined {
		const cached = this.#cache.find(here);
		if (!cached || cached.isWhole) return cached && fromCache(cached);
		const text = knownWords(cached.text, here.languageId);
		return text === "" ? undefined : fromCache({ ...cached, text });
	}

	/** Whether the editor will most likely ask there, so that the request can start now. */
	#computesAt({ uri }: Place): boolean {
		return (
			this.#typingIn === uri &&
			this.#unaskedKeys <= maxUnaskedKeys &&
			this.#policy.computesAtEveryKey
		);
	}

	#prefetchAfter(shownAt: DocumentSnapshot, suggestion: string): void {
		if (this.#policy.computesAtEveryKey)
			this.#requests.prefetchAfter(shownAt, suggestion);
	}

	#ended(running: RunningCompletion, result: CompletionResult): void {
		if (result.kind === "suggestion") this.#offer(running.here);
		else if (
			result.reason.kind === "empty" ||
			result.reason.kind === "filtered"
		)
			this.#fruitless = running;
	}

	/** Offers what has become known where somebody asked, and waits for nothing any more. */
	#offer(here: DocumentSnapshot): void {
		const { onLateSuggestion } = this.#options;
		const known = this.#known(here);
		const sure = known && this.#surePart(here, known);
		if (
			!sure ||
			this.#waiters > 0 ||
			this.#asked?.uri !== here.uri ||
			this.#asked.offset !== here.offset
		)
			return;
		const given = this.#given.restAt(here);
		if (sure.text !== given?.text)
			onLateSuggestion(placeOf(here), given !== undefined);
		else this.#prefetchAfter(here, sure.text);
	}
}
