/**
 * Replays traces of typing in real time: keys come when they are due, whatever a suggester does. VS Code asks 50 ms after a key, and a
 * suggestion counts as in time if it is there before the next key.
 *
 * The user reads along: where the first line of a suggestion is what comes next, all of it is accepted, and what proves wrong is deleted again.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { DocumentSnapshot } from "../../src/completion/text/documentContext.ts";
import type { GenerationStats } from "../../src/protocol/generation.ts";
import type { Trace } from "./trace.ts";

/** What is measured: the extension's own code, or a pattern to compare it with. */
export interface Suggester {
	/** Called with the cursor's position after a key, and again when an answer came late. */
	suggest(snapshot: DocumentSnapshot, signal: AbortSignal): Promise<Suggested>;
	/** The cursor has moved on. */
	moved(snapshot: DocumentSnapshot): void;
	/** A suggestion was accepted. */
	accepted(snapshot: DocumentSnapshot): void;
	/** The user has stopped typing for a while, or has opened a file: time to prepare a prompt. */
	idle(snapshot: DocumentSnapshot, trace: Trace): Promise<void>;
	/** Resolves when it is worth asking again at the same position. */
	late(): Promise<void>;
	/** Resolves when no request is running any more. */
	settled(): Promise<void>;
	/** Since the last call. */
	takeRequests(): RequestFigures;
}

export interface Suggested {
	/** Undefined if there is nothing to suggest. */
	readonly text: string | undefined;
	/** Without a request for it. */
	readonly isFromCache: boolean;
	/** The rule that rejected the model's text. */
	readonly droppedBy?: string;
}

export interface RequestFigures {
	/** All requests, including those that were aborted. */
	readonly made: number;
	/** Requests that someone waited for. */
	readonly awaited: number;
	/** Of requests that the engine started. */
	readonly stats: readonly RequestStats[];
}

export interface RequestStats extends GenerationStats {
	readonly isAwaited: boolean;
	/** See {@link placeKey}. */
	readonly place: string;
}

/** Tells places within a trace apart: the end of the text before the cursor. */
export function placeKey(textBefore: string): string {
	return textBefore.slice(-200);
}

export interface ReplayFigures {
	keys: number;
	/** Positions at which VS Code asked. */
	asked: number;
	requests: number;
	awaitedRequests: number;
	promptTokens: number;
	reusedTokens: number;
	/** Without the first request in a file. */
	promptTokensWithinFile: number;
	reusedTokensWithinFile: number;
	/** The first request after returning to a file. */
	promptTokensOnReturn: number;
	reusedTokensOnReturn: number;
	/** Prompt and answer together. */
	evaluatedTokens: number;
	/** Of prompts that someone waited for where a line end was just typed, by place. */
	readonly tokensAtNewLines: Map<string, number>;
	/** Positions with a suggestion in time. */
	shown: number;
	/** Different ones: a suggestion that is typed through is one. */
	suggestions: number;
	/** Of those, gone before anyone can have read them. */
	unread: number;
	accepted: number;
	acceptedCharacters: number;
	/** Of the accepted ones, those that the trace types too. */
	keptCharacters: number;
	exactLines: number;
	readonly firstTokensMs: number[];
	/** From the request to the first answer in time, if the engine was asked. */
	readonly firstLinesMs: number[];
	readonly dropped: Map<string, number>;
}

function noFigures(): ReplayFigures {
	return {
		keys: 0,
		asked: 0,
		requests: 0,
		awaitedRequests: 0,
		promptTokens: 0,
		reusedTokens: 0,
		promptTokensWithinFile: 0,
		reusedTokensWithinFile: 0,
		promptTokensOnReturn: 0,
		reusedTokensOnReturn: 0,
		evaluatedTokens: 0,
		tokensAtNewLines: new Map(),
		shown: 0,
		suggestions: 0,
		unread: 0,
		accepted: 0,
		acceptedCharacters: 0,
		keptCharacters: 0,
		exactLines: 0,
		firstTokensMs: [],
		firstLinesMs: [],
		dropped: new Map(),
	};
}

/** Real time, less the stretches that are skipped because nothing happens in them. */
export class ReplayClock {
	#skippedMs = 0;

	/** In milliseconds. */
	now(): number {
		return performance.now() + this.#skippedMs;
	}

	/** Settles when it is due. */
	async until(dueMs: number): Promise<void> {
		const leftMs = dueMs - this.now();
		if (leftMs > 0) await sleep(leftMs);
	}

	skipTo(ms: number): void {
		this.#skippedMs += Math.max(0, ms - this.now());
	}
}

const editorDelayMs = 50;

/** A glance takes as long. */
const glanceMs = 250;

/** After which the extension prepares the next prompt (`contextWatcher.ts`). */
const idleMs = 1_500;

export interface ReplayOptions {
	/** The suggester tells the time by it too. */
	readonly clock: ReplayClock;
	/** How long a suggestion must be on screen before the user accepts it; 0 by default. */
	readonly readingMs?: number;
	/** Also waits where nothing is left to do: for what else the machine does meanwhile. */
	readonly skipsNothing?: boolean;
}

/** Replays traces in pairs, switching between their files halfway as people do. */
export async function replay(
	traces: readonly Trace[],
	suggester: Suggester,
	options: ReplayOptions,
): Promise<ReplayFigures> {
	const figures = noFigures();
	for (let i = 0; i < traces.length; i += 2) {
		const pair = traces
			.slice(i, i + 2)
			.map((trace) => new Replay(trace, suggester, figures, options));
		for (const half of [0.5, 1]) for (const it of pair) await it.runUntil(half);
	}
	return figures;
}

interface OnScreen {
	readonly text: string;
	readonly offset: number;
	readonly sinceMs: number;
	untilMs: number;
}

class Replay {
	readonly #trace: Trace;
	readonly #suggester: Suggester;
	readonly #figures: ReplayFigures;
	readonly #clock: ReplayClock;
	readonly #skipsNothing: boolean;
	readonly #readingMs: number;
	#onScreen: OnScreen | undefined;
	#text: string;
	#version = 0;
	#next = 0;
	/** When the next key comes. */
	#dueMs = 0;
	#visit: "first" | "return" | "within" = "first";
	/** Places where a line end was typed. */
	readonly #newLines = new Set<string>();

	constructor(
		trace: Trace,
		suggester: Suggester,
		figures: ReplayFigures,
		{ clock, skipsNothing = false, readingMs = 0 }: ReplayOptions,
	) {
		this.#readingMs = readingMs;
		this.#skipsNothing = skipsNothing;
		this.#clock = clock;
		this.#trace = trace;
		this.#suggester = suggester;
		this.#figures = figures;
		this.#text = trace.text;
	}

	async runUntil(share: number): Promise<void> {
		const { events } = this.#trace;
		if (this.#next > 0) this.#visit = "return";
		else if (events[0]) {
			await this.#suggester.idle(this.#snapshot(events[0].offset), this.#trace);
			this.#count();
		}
		this.#dueMs = this.#clock.now();
		while (this.#next < events.length * share) {
			const event = events[this.#next++];
			if (!event) return;
			this.#figures.keys++;
			this.#text =
				this.#text.slice(0, event.offset) +
				event.insert +
				this.#text.slice(event.offset + event.remove);
			this.#version++;
			// A late timer delays one key and not those behind it.
			this.#dueMs = Math.max(this.#dueMs, this.#clock.now() - 20);
			this.#dueMs += this.#gapMs();
			const offset = event.offset + event.insert.length;
			if (/\n[ \t]*$/.test(event.insert))
				this.#newLines.add(placeKey(this.#text.slice(0, offset)));
			this.#suggester.moved(this.#snapshot(offset));
			await this.#pauseAt(offset);
			this.#count();
		}
	}

	/** What happens until the next key. */
	async #pauseAt(start: number): Promise<void> {
		let offset = start;
		for (;;) {
			// VS Code does not ask between keys that follow each other faster.
			if (this.#dueMs - this.#clock.now() <= editorDelayMs) break;
			await sleep(editorDelayMs);
			const taken = await this.#offerAt(offset);
			if (taken === 0) break;
			offset += taken;
			const accepted = this.#snapshot(offset);
			this.#suggester.moved(accepted);
			this.#suggester.accepted(accepted);
			// The user goes on behind what was accepted.
			this.#dueMs = this.#clock.now() + this.#gapMs();
		}
		await this.#clock.until(this.#dueMs);
	}

	/** @returns how many characters were accepted before the next key. */
	async #offerAt(offset: number): Promise<number> {
		const figures = this.#figures;
		const snapshot = this.#snapshot(offset);
		const controller = new AbortController();
		const due = this.#clock.until(this.#dueMs).then(() => "due" as const);
		const startMs = this.#clock.now();
		const isIdleLater = this.#dueMs - startMs > idleMs;
		let isShown = false;
		figures.asked++;
		for (let asks = 0; ; asks++) {
			const late = this.#suggester.late().then(() => "late" as const);
			const answer = await Promise.race([
				this.#suggester.suggest(snapshot, controller.signal),
				due,
			]);
			if (answer === "due") break;
			const { text, isFromCache, droppedBy } = answer;
			if (asks === 0 && droppedBy !== undefined)
				figures.dropped.set(
					droppedBy,
					(figures.dropped.get(droppedBy) ?? 0) + 1,
				);
			if (text !== undefined) {
				if (!isShown) {
					figures.shown++;
					if (!isFromCache)
						figures.firstLinesMs.push(this.#clock.now() - startMs);
					const rest = this.#upcoming().split("\n", 1)[0] ?? "";
					if (text.split("\n", 1)[0] === rest) figures.exactLines++;
				}
				isShown = true;
				const { sinceMs } = this.#show(text, offset);
				const readAtMs = sinceMs + this.#readingMs;
				if (readAtMs > this.#clock.now()) {
					if (readAtMs >= this.#dueMs) break;
					await this.#clock.until(readAtMs);
				}
				const taken = this.#take(text, offset);
				if (taken > 0) {
					controller.abort();
					return taken;
				}
			}
			const idle = this.#settledFor(idleMs, isIdleLater, snapshot);
			const next = await Promise.race([late, idle, due]);
			if (next !== "late") {
				if (next === "settled" && !this.#skipsNothing)
					this.#clock.skipTo(this.#dueMs);
				break;
			}
		}
		if (!isShown) this.#hide();
		controller.abort();
		return 0;
	}

	/** A suggestion on screen, which may be the rest of the one before. */
	#show(text: string, offset: number): OnScreen {
		const before = this.#onScreen;
		const typed = before ? this.#text.slice(before.offset, offset) : "";
		const goesOn =
			before !== undefined &&
			offset >= before.offset &&
			((typed + text).startsWith(before.text) ||
				before.text.startsWith(typed + text));
		if (!goesOn) {
			this.#hide();
			this.#figures.suggestions++;
		}
		const sinceMs = goesOn ? before.sinceMs : this.#clock.now();
		this.#onScreen = { text, offset, sinceMs, untilMs: this.#dueMs };
		return this.#onScreen;
	}

	#hide(): void {
		const it = this.#onScreen;
		if (it && it.untilMs - it.sinceMs < glanceMs) this.#figures.unread++;
		this.#onScreen = undefined;
	}

	/** When nothing more will happen before the next key; a long pause is used to prepare the next prompt. */
	async #settledFor(
		ms: number,
		isIdleLater: boolean,
		snapshot: DocumentSnapshot,
	): Promise<"settled"> {
		await this.#suggester.settled();
		if (isIdleLater) {
			const idleFrom = this.#dueMs - this.#clock.now() > ms ? ms : 0;
			if (this.#skipsNothing) await sleep(idleFrom);
			await this.#suggester.idle(snapshot, this.#trace);
			await this.#suggester.settled();
		}
		return "settled";
	}

	/** Until the next key, as typed. */
	#gapMs(): number {
		const before = this.#trace.events[this.#next - 1];
		const next = this.#trace.events[this.#next];
		return before && next ? next.ms - before.ms : 1_000;
	}

	/**
	 * Accepts a suggestion whose first line is right, as far as it is right, and leaves out the keys that would have typed it.
	 *
	 * @returns the characters that stay.
	 */
	#take(suggestion: string, offset: number): number {
		const upcoming = this.#upcoming();
		const firstLine = /^\s*[^\n]*/.exec(suggestion)?.[0] ?? "";
		if (firstLine.trim() === "" || !upcoming.startsWith(firstLine)) return 0;
		let right = firstLine.length;
		while (right < suggestion.length && suggestion[right] === upcoming[right])
			right++;
		let left = right;
		for (;;) {
			const event = this.#trace.events[this.#next];
			// A key whose text is right only in part is typed: its text stands in the trace as a whole.
			if (!event || event.remove > 0 || event.insert.length > left) break;
			left -= event.insert.length;
			this.#next++;
		}
		const taken = suggestion.slice(0, right - left);
		if (taken === "") return 0;
		this.#onScreen = undefined;
		this.#figures.accepted++;
		this.#figures.acceptedCharacters += suggestion.length;
		this.#figures.keptCharacters += taken.length;
		this.#text = this.#text.slice(0, offset) + taken + this.#text.slice(offset);
		this.#version++;
		return taken.length;
	}

	/** What the trace types from here on, without a jump. */
	#upcoming(): string {
		let text = "";
		let offset: number | undefined;
		for (const event of this.#trace.events.slice(this.#next)) {
			if (event.remove > 0 || (offset !== undefined && event.offset !== offset))
				break;
			text += event.insert;
			offset = event.offset + event.insert.length;
		}
		return text;
	}

	#count(): void {
		const { made, awaited, stats } = this.#suggester.takeRequests();
		const figures = this.#figures;
		figures.requests += made;
		figures.awaitedRequests += awaited;
		for (const it of stats) {
			if (it.timeToFirstTokenMs !== null)
				figures.firstTokensMs.push(it.timeToFirstTokenMs);
			figures.promptTokens += it.promptTokens;
			figures.reusedTokens += it.reusedTokens;
			figures.evaluatedTokens += it.prefillTokens + it.decodeTokens;
			if (it.isAwaited && this.#newLines.has(it.place)) {
				const { tokensAtNewLines } = figures;
				const place = `${this.#trace.path}:${it.place}`;
				const earlier = tokensAtNewLines.get(place) ?? 0;
				tokensAtNewLines.set(place, earlier + it.prefillTokens);
			}
			if (this.#visit === "return") {
				figures.promptTokensOnReturn += it.promptTokens;
				figures.reusedTokensOnReturn += it.reusedTokens;
			}
			if (this.#visit !== "first") {
				figures.promptTokensWithinFile += it.promptTokens;
				figures.reusedTokensWithinFile += it.reusedTokens;
			}
			this.#visit = "within";
		}
	}

	#snapshot(offset: number): DocumentSnapshot {
		return {
			uri: `file:///${this.#trace.path}`,
			path: this.#trace.path,
			languageId: this.#trace.languageId,
			indentation: { insertSpaces: false, tabSize: 4 },
			version: this.#version,
			text: this.#text,
			offset,
		};
	}
}
