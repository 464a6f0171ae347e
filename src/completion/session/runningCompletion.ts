/** A request to the engine, which stays valid while the user types through the beginning of its answer. */

import { orAborted } from "../../base/abort.ts";
import type { Piece } from "../confidence/pieces.ts";
import type { CompletionEvent } from "../request/getCompletion.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";
import type { Answer } from "./answerCache.ts";
import { knownWords } from "./knownWords.ts";
import {
	type FoundSuggestion,
	isSameText,
	noSuggestion,
	type Place,
	placeOf,
	type SuggestionResult,
	suggestionResult,
} from "./suggestion.ts";
import {
	agree,
	onlyClosersBehind,
	restOf,
	type TypedText,
	typedSince,
} from "./typedSince.ts";

/** Starts a request; its events are to be read to their end. */
export type StartRequest = (
	signal: AbortSignal,
	onStarted: (requestId: string) => void,
) => AsyncIterable<CompletionEvent>;

/** The stream of its events is to be read once and to its end: reading is what drives the request. */
export class RunningCompletion implements AsyncIterable<CompletionEvent> {
	/** The document that is completed. */
	readonly snapshot: DocumentSnapshot;
	/** The whole answer, once the reader of the events has taken the last one. Rejects where the request throws. */
	readonly result: Promise<SuggestionResult>;
	readonly #request: StartRequest;
	readonly #controller = new AbortController();
	readonly #firstPartReady: Promise<void>;
	#onFirstPart = (): void => {};
	#onEnd = (_: SuggestionResult): void => {};
	#onFailure = (_: unknown): void => {};
	/** The last snapshot that this request is valid for. */
	#here: DocumentSnapshot;
	#typed: TypedText = { text: "", closers: "" };
	#requestId: string | undefined;
	/** The answer so far. */
	#pieces: readonly Piece[] = [];
	#text = "";
	/** The first line, or the first words of it. */
	#firstPart: FoundSuggestion | undefined;
	#ended: SuggestionResult | undefined;
	#offersWords = false;
	#isLeft = false;

	constructor(snapshot: DocumentSnapshot, request: StartRequest) {
		this.snapshot = snapshot;
		this.#here = snapshot;
		this.#request = request;
		this.#firstPartReady = new Promise((resolve) => {
			this.#onFirstPart = resolve;
		});
		this.result = new Promise((resolve, reject) => {
			this.#onEnd = resolve;
			this.#onFailure = reject;
		});
		// A failure that nobody waits for is no unhandled rejection.
		this.result.catch(() => {});
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<CompletionEvent> {
		let failure: unknown = new Error("the completion was not read to its end");
		try {
			const events = this.#request(this.#controller.signal, (requestId) => {
				this.#requestId = requestId;
			});
			for await (const event of events) {
				if (event.kind === "end") this.#ended = suggestionResult(event.result);
				else this.#received(event);
				yield event;
			}
		} catch (thrown) {
			failure = thrown;
			throw thrown;
		} finally {
			if (this.#ended) this.#onEnd(this.#ended);
			else this.#onFailure(failure);
		}
	}

	get here(): DocumentSnapshot {
		return this.#here;
	}

	/** The position of the cursor as of the last snapshot that this request is valid for. */
	get place(): Place {
		return placeOf(this.#here);
	}

	/** Undefined before the engine has it. */
	get requestId(): string | undefined {
		return this.#requestId;
	}

	get signal(): AbortSignal {
		return this.#controller.signal;
	}

	get hasText(): boolean {
		return this.#text !== "";
	}

	/** Whether what the user has typed meanwhile is not what was generated. */
	get isContradicted(): boolean {
		return !agree(this.#typed, this.#text);
	}

	/** What is known of the answer. */
	get answerSoFar(): Answer | undefined {
		return this.#requestId === undefined || this.#text.trim() === ""
			? undefined
			: {
					text: this.#text,
					pieces: this.#pieces,
					requestId: this.#requestId,
					isWhole: false,
				};
	}

	abort(): void {
		this.#isLeft = true;
		this.#controller.abort();
	}

	/** The user has typed something else. The request may go on until another takes its place, but it answers nobody. */
	leave(): void {
		this.#isLeft = true;
	}

	/** Moves the request to a later state of the document. False where the answer does not hold there. */
	advanceTo(here: DocumentSnapshot): boolean {
		if (this.#isLeft) return false;
		const typed = typedSince(this.snapshot, here);
		if (typed === undefined || !agree(typed, this.#text)) return false;
		this.#typed = typed;
		this.#here = here;
		return true;
	}

	/**
	 * The suggestion at a place that the request has advanced to: the first line as soon as it is complete, or the words that are offered
	 * before, unless `isWhole` asks for the whole answer. Undefined where the user has typed something else, or past the end of the answer.
	 */
	async answerAt(
		here: DocumentSnapshot,
		{ signal, isWhole }: { signal: AbortSignal; isWhole: boolean },
	): Promise<SuggestionResult | undefined> {
		if (!isWhole)
			await orAborted(
				Promise.race([this.#firstPartReady, this.result]),
				signal,
			);
		if (signal.aborted) return noSuggestion({ kind: "cancelled" });
		const part = isWhole ? undefined : (this.#ended ?? this.#firstPart);
		const rest = part && this.#restAt(here, part);
		if (rest) return rest;
		const whole = await orAborted(this.result, signal);
		return whole
			? this.#restAt(here, whole)
			: noSuggestion({ kind: "cancelled" });
	}

	/** What is left of the part that may be shown already. */
	known(here: DocumentSnapshot): FoundSuggestion | undefined {
		const part = this.#ended ?? this.#firstPart;
		const rest =
			part?.kind === "suggestion" && !this.#isLeft
				? this.#restAt(here, part)
				: undefined;
		return rest?.kind === "suggestion" ? rest : undefined;
	}

	/** Lets callers have the words that are known from now on, where the first line takes long. */
	offerWords(): void {
		this.#offersWords = true;
		if (this.#firstPart || this.#ended || this.#requestId === undefined) return;
		// Only the whole text can be compared with what stands behind the cursor.
		if (!onlyClosersBehind(this.snapshot)) return;
		const text = knownWords(
			this.#text,
			this.snapshot.languageId,
			this.#typed.text.length,
		);
		if (text !== "") this.#offer(text, this.#pieces, this.#requestId);
	}

	#received(event: Exclude<CompletionEvent, { readonly kind: "end" }>): void {
		const { text, pieces } = event;
		if (event.kind === "firstLine") this.#offer(text, pieces, event.requestId);
		else {
			this.#text = text;
			this.#pieces = pieces;
			if (this.#offersWords) this.offerWords();
		}
	}

	#offer(text: string, pieces: readonly Piece[], requestId: string): void {
		this.#firstPart = {
			kind: "suggestion",
			text,
			pieces,
			typedChars: 0,
			isWhole: false,
			requestId,
			source: "engine",
			work: undefined,
		};
		this.#onFirstPart();
	}

	/** The suggestion without what was typed of it. Undefined where nothing is left, or something else was typed. */
	#restAt(
		here: DocumentSnapshot,
		suggestion: SuggestionResult,
	): SuggestionResult | undefined {
		if (suggestion.kind === "none")
			return isSameText(this.snapshot, here) ? suggestion : undefined;
		const typed = typedSince(this.snapshot, here);
		const text = typed && restOf(suggestion.text, typed, here);
		return text === undefined
			? undefined
			: { ...suggestion, text, typedChars: typed?.text.length ?? 0 };
	}
}
