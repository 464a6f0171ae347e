/**
 * Replays a trace against something that suggests, in the time of the trace: VS Code asks 50 ms after a key, and what is not there at
 * the next key is not shown. An ideal user takes every suggestion that is a prefix of what the trace types next.
 */

import type { DocumentSnapshot } from "../../src/completion/documentContext.ts";
import type { GenerationStats } from "../../src/protocol/generation.ts";
import type { Trace } from "./trace.ts";

/** What is measured: the extension's own code, or a pattern to compare it with. */
export interface Suggester {
	/** Undefined where there is nothing to suggest. Called with the place of the cursor after each key. */
	suggest(
		snapshot: DocumentSnapshot,
		signal: AbortSignal,
	): Promise<string | undefined>;
	/** The cursor has moved on. */
	moved(snapshot: DocumentSnapshot): void;
	/** Of the time since the last call. */
	takeRequests(): RequestFigures;
}

export interface RequestFigures {
	/** Requests made, whatever became of them. */
	readonly made: number;
	/** Of those that the engine came to. */
	readonly stats: readonly GenerationStats[];
}

export interface ReplayFigures {
	keys: number;
	/** Places at which VS Code asked. */
	asked: number;
	requests: number;
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
	readonly latenciesMs: number[];
}

export function noFigures(): ReplayFigures {
	return {
		keys: 0,
		asked: 0,
		requests: 0,
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
		latenciesMs: [],
	};
}

const editorDelayMs = 50;

/** Replays traces in pairs, going back and forth between their files as people do. */
export async function replay(
	traces: readonly Trace[],
	suggester: Suggester,
): Promise<ReplayFigures> {
	const figures = noFigures();
	for (let i = 0; i < traces.length; i += 2) {
		const pair = traces
			.slice(i, i + 2)
			.map((trace) => new Replay(trace, suggester, figures));
		for (const half of [0.5, 1]) for (const it of pair) await it.runUntil(half);
	}
	return figures;
}

class Replay {
	readonly #trace: Trace;
	readonly #suggester: Suggester;
	readonly #figures: ReplayFigures;
	#text: string;
	#version = 0;
	#next = 0;
	#visit: "first" | "return" | "within" = "first";

	constructor(trace: Trace, suggester: Suggester, figures: ReplayFigures) {
		this.#trace = trace;
		this.#suggester = suggester;
		this.#figures = figures;
		this.#text = trace.text;
	}

	async runUntil(share: number): Promise<void> {
		const { events } = this.#trace;
		if (this.#next > 0) this.#visit = "return";
		while (this.#next < events.length * share) {
			const event = events[this.#next++];
			if (!event) return;
			this.#figures.keys++;
			const end = event.offset + event.insert.length;
			this.#text =
				this.#text.slice(0, event.offset) +
				event.insert +
				this.#text.slice(event.offset + event.remove);
			const following = events[this.#next];
			const gapMs = following ? following.ms - event.ms : 1_000;
			const snapshot = this.#snapshot(end);
			this.#suggester.moved(snapshot);
			// VS Code asks for nothing between keys that follow each other faster.
			if (gapMs <= editorDelayMs) continue;
			const shown = await this.#ask(snapshot, gapMs - editorDelayMs);
			if (shown !== undefined) this.#take(shown, end);
		}
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
		const suggestion = await this.#suggester.suggest(
			snapshot,
			controller.signal,
		);
		clearTimeout(timer);
		const isInTime = !controller.signal.aborted;
		controller.abort();
		this.#count(this.#suggester.takeRequests());
		if (suggestion === undefined || !isInTime) return undefined;
		figures.latenciesMs.push(performance.now() - startMs);
		figures.shown++;
		const rest = this.#upcoming().split("\n", 1)[0] ?? "";
		if (suggestion.split("\n", 1)[0] === rest) figures.exactLines++;
		return suggestion;
	}

	/** Puts a suggestion into the text, and leaves out the keys that would have typed it. */
	#take(suggestion: string, offset: number): void {
		const upcoming = this.#upcoming();
		if (!upcoming.startsWith(suggestion)) return;
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

	#count({ made, stats }: RequestFigures): void {
		const figures = this.#figures;
		figures.requests += made;
		for (const it of stats) {
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
			version: ++this.#version,
			text: this.#text,
			offset,
		};
	}
}
