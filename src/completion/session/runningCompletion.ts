/** A request on its way, which stays good while nothing is typed but the beginning of its answer. */

import { orAborted } from "../../base/abort.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";
import {
	type FoundSuggestion,
	noSuggestion,
	type Place,
	placeOf,
	type SuggestionResult,
} from "./suggestion.ts";
import { agree, restOf, type Typed, typedSince } from "./typedSince.ts";

export interface CompletionHooks {
	readonly signal: AbortSignal;
	readonly onText: (text: string) => void;
	readonly onFirstLine: (text: string, requestId: string) => void;
}

export class RunningCompletion {
	/** What it completes. */
	readonly snapshot: DocumentSnapshot;
	/** All of the answer. Never rejects where `complete` does not. */
	readonly result: Promise<SuggestionResult>;
	readonly #controller = new AbortController();
	readonly #hasFirstLine: Promise<void>;
	#place: Place;
	/** What was typed since. */
	#typed: Typed = { text: "", closers: "" };
	/** What there is of the answer. */
	#text = "";
	#firstLine: FoundSuggestion | undefined;
	/** Callers that still want the answer. */
	#waiters = 0;
	/** As much of it as a caller has already. */
	#given: string | undefined;

	constructor(
		snapshot: DocumentSnapshot,
		complete: (hooks: CompletionHooks) => Promise<SuggestionResult>,
	) {
		this.snapshot = snapshot;
		this.#place = placeOf(snapshot);
		let firstLineIsThere = (): void => {};
		this.#hasFirstLine = new Promise((resolve) => {
			firstLineIsThere = resolve;
		});
		this.result = complete({
			signal: this.#controller.signal,
			onText: (text) => {
				this.#text = text;
				if (!agree(this.#typed, text)) this.abort();
			},
			onFirstLine: (text, requestId) => {
				this.#firstLine = {
					kind: "suggestion",
					text,
					requestId,
					source: "engine",
					work: undefined,
				};
				firstLineIsThere();
			},
		});
	}

	/** Where the cursor went since, as far as what was typed agrees. */
	get place(): Place {
		return this.#place;
	}

	abort(): void {
		this.#controller.abort();
	}

	/** Whether it is still good for this state of the document; if so, it takes note of what was typed. */
	goesAlongWith(here: DocumentSnapshot): boolean {
		const typed = typedSince(this.snapshot, here);
		if (
			this.#controller.signal.aborted ||
			typed === undefined ||
			!agree(typed, this.#text)
		)
			return false;
		this.#typed = typed;
		this.#place = placeOf(here);
		return true;
	}

	/**
	 * What there is to suggest at a place that it goes along with: the first line as soon as that is whole, or else all of it. Who wants
	 * it whole waits for that. Undefined where more was typed than the answer has.
	 */
	async answerAt(
		here: DocumentSnapshot,
		{ signal, isWhole }: { signal: AbortSignal; isWhole: boolean },
	): Promise<SuggestionResult | undefined> {
		this.#waiters++;
		try {
			if (!isWhole)
				await orAborted(
					Promise.race([this.#hasFirstLine, this.result]),
					signal,
				);
			if (signal.aborted) return noSuggestion({ kind: "cancelled" });
			const firstLine =
				!isWhole && this.#firstLine && this.#restAt(here, this.#firstLine);
			if (firstLine) return firstLine;
			const whole = await orAborted(this.result, signal);
			return whole
				? this.#restAt(here, whole)
				: noSuggestion({ kind: "cancelled" });
		} finally {
			this.#waiters--;
		}
	}

	/** Whether a caller has the beginning of it, which may be on screen. */
	get isGiven(): boolean {
		return this.#given !== undefined;
	}

	/** Whether nobody has this answer, or the whole of it, and nobody is about to get it. */
	isUnseen(suggestion: SuggestionResult): boolean {
		return (
			suggestion.kind === "suggestion" &&
			suggestion.text !== this.#given &&
			this.#waiters === 0 &&
			!this.#controller.signal.aborted
		);
	}

	/** What a suggestion leaves to suggest where its beginning was typed; undefined where nothing is left, or it is not for here. */
	#restAt(
		here: DocumentSnapshot,
		suggestion: SuggestionResult,
	): SuggestionResult | undefined {
		const typed = typedSince(this.snapshot, here);
		if (suggestion.kind === "none")
			return typed?.text === "" ? suggestion : undefined;
		const text = typed && restOf(suggestion.text, typed, here);
		if (text === undefined) return undefined;
		this.#given = suggestion.text;
		return { ...suggestion, text };
	}
}
