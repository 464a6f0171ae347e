/**
 * Completions over time: one running request at most, answers kept for later, the next answer fetched ahead, and answers that came too
 * late offered again.
 *
 * VS Code stops waiting for an inline completion after 750 ms, also where nobody typed. Such a request is worth finishing:
 * the text that it is for still stands there.
 */

import { orAborted } from "../base/abort.ts";
import type { Log } from "../base/log.ts";
import { formatMs, formatPercent } from "../base/units.ts";
import type { Priority } from "../protocol/generation.ts";
import { CompletionCache } from "./completionCache.ts";
import type { DocumentSnapshot } from "./documentContext.ts";
import {
	type CompletionEngine,
	type CompletionOptions,
	type CompletionResult,
	type CompletionWork,
	evaluatePrompt,
	getCompletion,
	type PromptSurroundings,
} from "./getCompletion.ts";
import { isMidWord } from "./midWord.ts";
import type { NoSuggestionReason } from "./reasons.ts";
import { agree, typedSince } from "./typedSince.ts";
import { TypistRhythm } from "./typistRhythm.ts";

export interface FoundSuggestion {
	readonly kind: "suggestion";
	readonly text: string;
	readonly source: "engine" | "cache";
	/** Of the request that brought it. */
	readonly requestId: string;
	/** Undefined where nothing was asked of the engine, or where the rest of the answer is still to come. */
	readonly work: CompletionWork | undefined;
}

export interface NoSuggestion {
	readonly kind: "none";
	readonly reason: NoSuggestionReason;
	readonly work: CompletionWork | undefined;
}

export type Suggestion = FoundSuggestion | NoSuggestion;

/** Where a request was made. Equal places have equal answers. */
export interface Place {
	readonly uri: string;
	readonly version: number;
	readonly offset: number;
}

/** A request on its way. */
interface Running {
	/** What it completes. */
	readonly snapshot: DocumentSnapshot;
	/** Where the cursor went since, as far as what was typed agrees. */
	place: Place;
	/** What was typed since. */
	typed: string;
	/** What there is of the answer. */
	text: string;
	/** The first line of a longer answer, once it is whole. */
	firstLine: string | undefined;
	requestId: string;
	readonly hasFirstLine: Promise<void>;
	readonly controller: AbortController;
	readonly result: Promise<Suggestion>;
	/** Callers that still want the answer. */
	waiters: number;
	/** As much of it as a caller has already. */
	given: string | undefined;
}

/** The completion behind a suggestion that is on screen, for when it is accepted. */
interface Ahead {
	/** Where the suggestion is shown. */
	readonly shownAt: DocumentSnapshot;
	readonly suggestion: string;
	readonly running: Running;
}

export interface CompletionSessionOptions {
	readonly engine: CompletionEngine;
	readonly surroundings: PromptSurroundings;
	readonly log: Log;
	/** An answer is ready that nobody waits for any more, at a place that is still the same; or there is more of one. */
	readonly onLateSuggestion: (place: Place) => void;
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
	readonly #rhythm = new TypistRhythm({ editorDelayMs });
	#running: Running | undefined;
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
	): Promise<Suggestion> {
		const suggestion =
			this.known(snapshot) ??
			(await this.#ask(snapshot, { signal, isExplicit }));
		if (suggestion.kind === "suggestion" && !signal.aborted)
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
			const result = await this.#complete(snapshot, { signal, rank });
			if (result.kind === "suggestion" && !texts.includes(result.text))
				texts.push(result.text);
		}
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
		if (running && (!here || !this.#typedAlong(running, here)))
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
	 */
	async prepare(snapshot: DocumentSnapshot): Promise<void> {
		if (this.#running || this.#ahead) return;
		const { engine, surroundings, log } = this.#options;
		this.#preparing?.abort();
		const preparing = new AbortController();
		this.#preparing = preparing;
		const { signal } = preparing;
		if (await evaluatePrompt(snapshot, engine, surroundings, signal)) {
			const snippets = surroundings.snippetsFor(snapshot.uri).length;
			log.debug(`prepared a prompt with ${snippets} snippets of other files`);
		}
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
	): Promise<Suggestion> {
		if (!isExplicit && isMidWord(snapshot)) return none({ kind: "midWord" });
		const pauseMs =
			isExplicit || this.#runningFor(snapshot) ? 0 : this.#pauseMs(snapshot);
		if (pauseMs > 0) await this.#options.sleep(pauseMs, signal);
		if (signal.aborted) return none({ kind: "cancelled" });
		const running = this.#runningFor(snapshot);
		const suggestion = running && (await answerOf(running, snapshot, signal));
		if (suggestion) return suggestion;
		const started = this.#start(snapshot);
		return (await answerOf(started, snapshot, signal)) ?? started.result;
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
	#runningFor(snapshot: DocumentSnapshot): Running | undefined {
		const running = this.#running;
		if (running && this.#typedAlong(running, snapshot)) return running;
		const ahead = this.#ahead;
		if (!ahead || !isSameText(ahead.running.snapshot, snapshot))
			return undefined;
		// The suggestion was accepted before what follows it was there: now somebody waits for that.
		this.#abortRunning();
		this.#running = ahead.running;
		this.#running.place = placeOf(snapshot);
		this.#ahead = undefined;
		return ahead.running;
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
		this.#abortAhead();
		const running = this.#run(snapshot, "typing");
		this.#running = running;
		return running;
	}

	/** The completion that comes after this suggestion, should it be accepted. The next key that does not agree ends it. */
	#fetchAhead(shownAt: DocumentSnapshot, suggestion: string): void {
		const { text, offset } = shownAt;
		const accepted: DocumentSnapshot = {
			...shownAt,
			text: text.slice(0, offset) + suggestion + text.slice(offset),
			offset: offset + suggestion.length,
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

	#run(snapshot: DocumentSnapshot, priority: Priority): Running {
		const { onLateSuggestion, now } = this.#options;
		const controller = new AbortController();
		const { signal } = controller;
		let firstLineIsThere = (): void => {};
		const hasFirstLine = new Promise<void>((resolve) => {
			firstLineIsThere = resolve;
		});
		const startMs = now();
		const onText = (text: string): void => {
			if (running.text === "" && priority === "typing")
				this.#rhythm.answered(now() - startMs);
			running.text = text;
			if (!agree(running.typed, text)) this.#abort(running);
		};
		const onFirstLine = (line: string, requestId: string): void => {
			running.firstLine = line;
			running.requestId = requestId;
			firstLineIsThere();
		};
		const complete = async (): Promise<Suggestion> => {
			const result = await this.#complete(snapshot, {
				signal,
				priority,
				onText,
				onFirstLine,
			});
			if (result.kind === "none")
				return { kind: "none", reason: result.reason, work: workOf(result) };
			if (!signal.aborted) this.#cache.put(snapshot, result);
			const { kind, text, requestId } = result;
			const work = workOf(result);
			return { kind, text, requestId, source: "engine", work };
		};
		const running: Running = {
			snapshot,
			place: placeOf(snapshot),
			typed: "",
			text: "",
			firstLine: undefined,
			requestId: "",
			hasFirstLine,
			controller,
			waiters: 0,
			given: undefined,
			result: complete()
				.then((suggestion) => {
					if (
						this.#running === running &&
						suggestion.kind === "suggestion" &&
						suggestion.text !== running.given &&
						running.waiters === 0 &&
						!signal.aborted
					)
						onLateSuggestion(running.place);
					return suggestion;
				})
				.finally(() => this.#ended(running)),
		};
		return running;
	}

	#abortRunning(): void {
		if (this.#running) this.#abort(this.#running);
	}

	#abortAhead(): void {
		if (this.#ahead) this.#abort(this.#ahead.running);
	}

	#abort(running: Running): void {
		running.controller.abort();
		this.#ended(running);
	}

	#ended(running: Running): void {
		if (this.#running === running) this.#running = undefined;
		if (this.#ahead?.running === running) this.#ahead = undefined;
	}

	async #complete(
		snapshot: DocumentSnapshot,
		options: Omit<CompletionOptions, "surroundings">,
	): Promise<CompletionResult> {
		const { engine, surroundings, log } = this.#options;
		const result = await getCompletion(snapshot, engine, {
			...options,
			surroundings,
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

/**
 * What there is to suggest at a place that a request is good for: its first line as soon as that is whole, or else all of it. Undefined where
 * more was typed than the answer has.
 */
async function answerOf(
	running: Running,
	here: DocumentSnapshot,
	signal: AbortSignal,
): Promise<Suggestion | undefined> {
	running.waiters++;
	try {
		await orAborted(
			Promise.race([running.hasFirstLine, running.result]),
			signal,
		);
		if (signal.aborted) return none({ kind: "cancelled" });
		const firstLine = restAfterTyping(running, here, firstLineOf(running));
		if (firstLine) return firstLine;
		const whole = await orAborted(running.result, signal);
		if (!whole) return none({ kind: "cancelled" });
		return restAfterTyping(running, here, whole);
	} finally {
		running.waiters--;
	}
}

function firstLineOf({ firstLine = "", requestId }: Running): Suggestion {
	return {
		kind: "suggestion",
		text: firstLine,
		requestId,
		source: "engine",
		work: undefined,
	};
}

/** What a suggestion leaves to suggest where its beginning was typed; undefined where nothing is left, or it is not for here. */
function restAfterTyping(
	running: Running,
	here: DocumentSnapshot,
	suggestion: Suggestion,
): Suggestion | undefined {
	const typed = typedSince(running.snapshot, here);
	if (suggestion.kind === "none") return typed === "" ? suggestion : undefined;
	if (typed === undefined || !suggestion.text.startsWith(typed))
		return undefined;
	const text = suggestion.text.slice(typed.length);
	if (text.trim() === "") return undefined;
	running.given = suggestion.text;
	return { ...suggestion, text };
}

/** Whether what was typed since the suggestion was shown is the beginning of it, or all. */
function leadsTo(
	{ shownAt, suggestion }: Ahead,
	here: DocumentSnapshot,
): boolean {
	const typed = typedSince(shownAt, here);
	return typed !== undefined && suggestion.startsWith(typed);
}

function isSameText(a: DocumentSnapshot, b: DocumentSnapshot): boolean {
	return a.uri === b.uri && a.offset === b.offset && a.text === b.text;
}

function none(reason: NoSuggestionReason): Suggestion {
	return { kind: "none", reason, work: undefined };
}

function placeOf({ uri, version, offset }: DocumentSnapshot): Place {
	return { uri, version, offset };
}

export function samePlace(a: Place, b: Place): boolean {
	return a.uri === b.uri && a.version === b.version && a.offset === b.offset;
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
	return (
		`completion ${requestId}: ${outcome}${rules}; ` +
		`prompt ${stats.promptTokens} tokens, ${stats.reusedTokens} reused (${formatPercent(reused)}), ` +
		`${stats.snippetTokens} of other files, ${stats.leftOutTokens} left out; ` +
		`prefill ${formatMs(stats.prefillMs)}, ${stats.decodeTokens} tokens decoded in ${formatMs(stats.decodeMs)}, total ${formatMs(stats.totalMs)}`
	);
}
