/** A request to the engine, which stays valid while the user types through the beginning of its answer. */

import { orAborted } from "../../base/abort.ts";
import type {
	CompletionEvent,
	CompletionResult,
} from "../request/getCompletion.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";
import {
	type FoundSuggestion,
	noSuggestion,
	type Place,
	placeOf,
	type SuggestionResult,
	suggestionResult,
} from "./suggestion.ts";
import { agree, restOf, type TypedText, typedSince } from "./typedSince.ts";

/** The stream of its events is to be read once and to its end: reading is what drives the request. */
export class RunningCompletion implements AsyncIterable<CompletionEvent> {
	/** The document that is completed. */
	readonly snapshot: DocumentSnapshot;
	/** The whole answer, once the reader of the events has taken the last one. Rejects where the request throws. */
	readonly result: Promise<SuggestionResult>;
	readonly #request: (signal: AbortSignal) => AsyncIterable<CompletionEvent>;
	readonly #controller = new AbortController();
	readonly #firstLineReady: Promise<void>;
	#onFirstLine = (): void => {};
	#onEnd = (_: SuggestionResult): void => {};
	#onFailure = (_: unknown): void => {};
	#place: Place;
	#typed: TypedText = { text: "", closers: "" };
	/** The answer so far. */
	#text = "";
	#firstLine: FoundSuggestion | undefined;
	/** Callers that still wait for the answer. */
	#waiters = 0;
	/** The part of the answer that a caller already has. */
	#given: string | undefined;

	constructor(
		snapshot: DocumentSnapshot,
		request: (signal: AbortSignal) => AsyncIterable<CompletionEvent>,
	) {
		this.snapshot = snapshot;
		this.#place = placeOf(snapshot);
		this.#request = request;
		this.#firstLineReady = new Promise((resolve) => {
			this.#onFirstLine = resolve;
		});
		this.result = new Promise((resolve, reject) => {
			this.#onEnd = resolve;
			this.#onFailure = reject;
		});
		// A failure that nobody waits for is no unhandled rejection.
		this.result.catch(() => {});
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<CompletionEvent> {
		let result: SuggestionResult | undefined;
		let failure: unknown = new Error("the completion was not read to its end");
		try {
			for await (const event of this.#request(this.#controller.signal)) {
				if (event.kind === "end") result = suggestionResult(event.result);
				else this.#received(event);
				yield event;
			}
		} catch (thrown) {
			failure = thrown;
			throw thrown;
		} finally {
			if (result) this.#onEnd(result);
			else this.#onFailure(failure);
		}
	}

	/** The position of the cursor as of the last snapshot that this request is valid for. */
	get place(): Place {
		return this.#place;
	}

	get isAborted(): boolean {
		return this.#controller.signal.aborted;
	}

	abort(): void {
		this.#controller.abort();
	}

	/** Moves the request to a later state of the document. False where the answer does not hold there. */
	advanceTo(here: DocumentSnapshot): boolean {
		const typed = typedSince(this.snapshot, here);
		if (this.isAborted || typed === undefined || !agree(typed, this.#text))
			return false;
		this.#typed = typed;
		this.#place = placeOf(here);
		return true;
	}

	/**
	 * The suggestion at a place that the request has advanced to: the first line as soon as it is complete, unless `isWhole` asks for the
	 * whole answer. Undefined where the user has typed past the end of the answer.
	 */
	async answerAt(
		here: DocumentSnapshot,
		{ signal, isWhole }: { signal: AbortSignal; isWhole: boolean },
	): Promise<SuggestionResult | undefined> {
		this.#waiters++;
		try {
			if (!isWhole)
				await orAborted(
					Promise.race([this.#firstLineReady, this.result]),
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

	/** Whether a caller has the beginning of the answer, which may be on screen. */
	get isGiven(): boolean {
		return this.#given !== undefined;
	}

	/** Whether no caller has all of this answer, or is about to get it. */
	isUnseen(suggestion: CompletionResult): boolean {
		return (
			suggestion.kind === "suggestion" &&
			suggestion.text !== this.#given &&
			this.#waiters === 0 &&
			!this.isAborted
		);
	}

	#received(event: Exclude<CompletionEvent, { readonly kind: "end" }>): void {
		const { text } = event;
		if (event.kind === "text") {
			this.#text = text;
			if (!agree(this.#typed, text)) this.abort();
		} else {
			const { requestId } = event;
			this.#firstLine = {
				kind: "suggestion",
				text,
				requestId,
				source: "engine",
				work: undefined,
			};
			this.#onFirstLine();
		}
	}

	/** The suggestion without what was typed of it. Undefined where nothing is left, or something else was typed. */
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
