/**
 * Replays a trace against something that suggests, in the time of the trace: VS Code asks 50 ms after a key, and what is not there at
 * the next key is not shown. An ideal user takes every suggestion that is a prefix of what the trace types next.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { DocumentSnapshot } from "../../src/completion/text/documentContext.ts";
import type { GenerationStats } from "../../src/protocol/generation.ts";
import type { Trace } from "./trace.ts";

/** What is measured: the extension's own code, or a pattern to compare it with. */
export interface Suggester {
	/** Called with the place of the cursor after each key. */
	suggest(snapshot: DocumentSnapshot, signal: AbortSignal): Promise<Suggested>;
	/** The cursor has moved on. */
	moved(snapshot: DocumentSnapshot): void;
	/** What was suggested is in the document. */
	accepted(snapshot: DocumentSnapshot): void;
	/** A file is looked at, and nobody types: time to prepare. */
	idle(snapshot: DocumentSnapshot, trace: Trace): Promise<void>;
	/** When nothing is under way any more. */
	settled(): Promise<void>;
	/** Of the time since the last call. */
	takeRequests(): RequestFigures;
}

export interface Suggested {
	/** Undefined where there is nothing to suggest. */
	readonly text: string | undefined;
	/** Without a request for it. */
	readonly isFromCache: boolean;
	/** The rule that left nothing of the model's text. */
	readonly droppedBy?: string;
}

export interface RequestFigures {
	/** Requests made, whatever became of them. */
	readonly made: number;
	/** Of those, the ones that someone waited for. */
	readonly awaited: number;
	/** Of those that the engine came to. */
	readonly stats: readonly GenerationStats[];
}

export interface ReplayFigures {
	keys: number;
	/** Places at which VS Code asked. */
	asked: number;
	requests: number;
	awaitedRequests: number;
	promptTokens: number;
	reusedTokens: number;
	/** Without the first request in a file. */
	promptTokensWithinFile: number;
	reusedTokensWithinFile: number;
	/** The first request after coming back to a file. */
	promptTokensOnReturn: number;
	reusedTokensOnReturn: number;
	prefilledTokens: number;
	shown: number;
	savedCharacters: number;
	exactLines: number;
	readonly firstTokensMs: number[];
	/** From the question to the answer, where the engine was asked. */
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
		prefilledTokens: 0,
		shown: 0,
		savedCharacters: 0,
		exactLines: 0,
		firstTokensMs: [],
		firstLinesMs: [],
		dropped: new Map(),
	};
}

const editorDelayMs = 50;

/**
 * Replays traces in pairs, going back and forth between their files as people do.
 *
 * @param inRealTime also waits for the next key where nothing is left to do: for what else the machine does meanwhile.
 */
export async function replay(
	traces: readonly Trace[],
	suggester: Suggester,
	{ inRealTime = false }: { readonly inRealTime?: boolean } = {},
): Promise<ReplayFigures> {
	const figures = noFigures();
	for (let i = 0; i < traces.length; i += 2) {
		const pair = traces
			.slice(i, i + 2)
			.map((trace) => new Replay(trace, suggester, figures, inRealTime));
		for (const half of [0.5, 1]) for (const it of pair) await it.runUntil(half);
	}
	return figures;
}

class Replay {
	readonly #trace: Trace;
	readonly #suggester: Suggester;
	readonly #figures: ReplayFigures;
	readonly #inRealTime: boolean;
	#text: string;
	#version = 0;
	#next = 0;
	#visit: "first" | "return" | "within" = "first";

	constructor(
		trace: Trace,
		suggester: Suggester,
		figures: ReplayFigures,
		inRealTime: boolean,
	) {
		this.#inRealTime = inRealTime;
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
			this.#count(this.#suggester.takeRequests());
		}
		while (this.#next < events.length * share) {
			const event = events[this.#next++];
			if (!event) return;
			this.#figures.keys++;
			let offset = event.offset + event.insert.length;
			this.#text =
				this.#text.slice(0, event.offset) +
				event.insert +
				this.#text.slice(event.offset + event.remove);
			this.#version++;
			this.#suggester.moved(this.#snapshot(offset));
			for (;;) {
				const gapMs = this.#gapMs();
				// VS Code asks for nothing between keys that follow each other faster.
				if (this.#inRealTime) await sleep(Math.min(gapMs, editorDelayMs));
				if (gapMs <= editorDelayMs) break;
				const shown = await this.#ask(
					this.#snapshot(offset),
					gapMs - editorDelayMs,
				);
				const taken = shown === undefined ? 0 : this.#take(shown, offset);
				if (taken === 0) break;
				// VS Code asks again behind what was accepted.
				offset += taken;
				const accepted = this.#snapshot(offset);
				this.#suggester.moved(accepted);
				this.#suggester.accepted(accepted);
			}
		}
	}

	/** Until the next key. */
	#gapMs(): number {
		const before = this.#trace.events[this.#next - 1];
		const next = this.#trace.events[this.#next];
		return before && next ? next.ms - before.ms : 1_000;
	}

	async #ask(
		snapshot: DocumentSnapshot,
		leftMs: number,
	): Promise<string | undefined> {
		const figures = this.#figures;
		figures.asked++;
		const controller = new AbortController();
		const timer = setTimeout(() => controller.abort(), leftMs);
		const startMs = performance.now();
		const { text, isFromCache, droppedBy } = await this.#suggester.suggest(
			snapshot,
			controller.signal,
		);
		clearTimeout(timer);
		const tookMs = performance.now() - startMs;
		const isInTime = !controller.signal.aborted;
		// Until the next key there is time for what is done ahead.
		const untilNextKey = sleep(Math.max(0, leftMs - tookMs));
		if (this.#inRealTime) await untilNextKey;
		else if (isInTime)
			await Promise.race([this.#suggester.settled(), untilNextKey]);
		controller.abort();
		this.#count(this.#suggester.takeRequests());
		if (droppedBy !== undefined)
			figures.dropped.set(droppedBy, (figures.dropped.get(droppedBy) ?? 0) + 1);
		if (text === undefined || !isInTime) return undefined;
		if (!isFromCache) figures.firstLinesMs.push(tookMs);
		figures.shown++;
		const rest = this.#upcoming().split("\n", 1)[0] ?? "";
		if (text.split("\n", 1)[0] === rest) figures.exactLines++;
		return text;
	}

	/**
	 * Puts a suggestion into the text, and leaves out the keys that would have typed it.
	 *
	 * @returns how many characters were taken.
	 */
	#take(suggestion: string, offset: number): number {
		const upcoming = this.#upcoming();
		if (!upcoming.startsWith(suggestion)) return 0;
		let left = suggestion.length;
		for (;;) {
			const event = this.#trace.events[this.#next];
			// A key whose text is taken only in part is typed: what it types stands in the trace as a whole.
			if (!event || event.remove > 0 || event.insert.length > left) break;
			left -= event.insert.length;
			this.#next++;
		}
		const taken = suggestion.slice(0, suggestion.length - left);
		this.#figures.savedCharacters += taken.length;
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

	#count({ made, awaited, stats }: RequestFigures): void {
		const figures = this.#figures;
		figures.requests += made;
		figures.awaitedRequests += awaited;
		for (const it of stats) {
			if (it.timeToFirstTokenMs !== null)
				figures.firstTokensMs.push(it.timeToFirstTokenMs);
			figures.promptTokens += it.promptTokens;
			figures.reusedTokens += it.reusedTokens;
			figures.prefilledTokens += it.prefillTokens;
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
