/** Separates the reasoning of a model from its answer, by the tags around them. */

import type { SegmentKind } from "../../protocol/chat.ts";
import type { ChatPart } from "./chatTemplate.ts";
import { isClosingTag } from "./closingTag.ts";
import {
	answerPairs,
	harmony,
	promptedPairs,
	reasoningPairs,
} from "./reasoningTags.ts";
import { untilTag } from "./untilTag.ts";

export interface Segment {
	readonly kind: SegmentKind;
	readonly text: string;
}

const finalChannel = /^final\b/;
const messageEnds = [harmony.end, harmony.start, harmony.channel];

type State =
	/** Before any text: a tag may follow, or else text in the state `otherwise`. */
	| { readonly kind: "start"; readonly otherwise: TextState }
	| TextState
	/** After the tag of a channel, before its message. */
	| { readonly kind: "header" };

interface TextState {
	readonly kind: "text" | "reasoning";
	/** What ends it. */
	readonly until: readonly string[];
	/** When the tag counts: in an answer they may be plain text. */
	readonly ends: "always" | "atEnd" | "asClosing";
	readonly next: State;
	/** Whether whitespace is skipped, as after a tag. */
	readonly skipsSpace: boolean;
}

const header: State = { kind: "header" };
const closings = reasoningPairs.map(([, closing]) => closing);

/** An answer without tags around it. */
const answer: TextState = {
	kind: "text",
	until: [],
	ends: "always",
	next: header,
	skipsSpace: false,
};

const answerAfterTag: TextState = { ...answer, skipsSpace: true };

/** After reasoning there may be more of it, or tags around the answer. */
const afterReasoning: State = { kind: "start", otherwise: answerAfterTag };

/** Without an opening tag, which may be missing in the prompt's template: it ends with a closing tag if it was reasoning. */
const unmarked: TextState = {
	...answer,
	until: closings,
	ends: "asClosing",
	next: afterReasoning,
};

function reasoningUntil(closing: string): TextState {
	return {
		kind: "reasoning",
		until: [closing],
		ends: "always",
		next: afterReasoning,
		skipsSpace: true,
	};
}

function answerUntil(closing: string): TextState {
	return { ...answerAfterTag, until: [closing], ends: "atEnd" };
}

/** The state after each tag that an output can begin with. */
const openings: ReadonlyMap<string, State> = new Map<string, State>([
	...closings.map((closing) => [closing, afterReasoning] as const),
	...reasoningPairs.map(
		([opening, closing]) => [opening, reasoningUntil(closing)] as const,
	),
	...answerPairs.map(
		([opening, closing]) => [opening, answerUntil(closing)] as const,
	),
	[harmony.start, header],
	[harmony.channel, header],
]);

/** Tags that end one thing and begin another: they are read again. */
const openingsOfAnswers = new Set(answerPairs.map(([opening]) => opening));

/**
 * Splits streamed text into segments without tags. The concatenated text of each kind does not depend on how the stream is split into
 * chunks.
 */
export class ReasoningSplitter {
	#state: State;
	/** Text that may be the start of a tag, or has to wait for what follows. */
	#held = "";
	/** The text of the answer so far, as long as it may turn out to be reasoning. */
	#unmarked = "";

	/** @param prompt its template text may end with an opening tag. */
	constructor(prompt: readonly ChatPart[]) {
		const last = prompt.at(-1);
		this.#state = stateAfter(last?.isTemplate ? last.text.trimEnd() : "");
	}

	push(text: string): readonly Segment[] {
		this.#held += text;
		const segments: Segment[] = [];
		while (this.#step(segments, false));
		return segments;
	}

	/** @returns the rest of the text. */
	end(): readonly Segment[] {
		const segments: Segment[] = [];
		while (this.#step(segments, true));
		const state =
			this.#state.kind === "start" ? this.#state.otherwise : this.#state;
		const text = this.#held;
		this.#held = "";
		if (state.kind === "header" || text === "") return segments;
		if (state.skipsSpace && text.trim() === "") return segments;
		return [...segments, { kind: state.kind, text }];
	}

	/** @returns whether to call it again. */
	#step(segments: Segment[], isEnd: boolean): boolean {
		switch (this.#state.kind) {
			case "start":
				return this.#begin(this.#state.otherwise);
			case "header":
				return this.#readHeader();
			default:
				return this.#readText(this.#state, segments, isEnd);
		}
	}

	#begin(otherwise: TextState): boolean {
		const text = this.#held.trimStart();
		for (const [tag, state] of openings) {
			if (tag.startsWith(text) && tag !== text) return false;
			if (!text.startsWith(tag)) continue;
			this.#held = text.slice(tag.length);
			this.#state = state;
			return true;
		}
		this.#state = otherwise;
		return true;
	}

	#readHeader(): boolean {
		const end = this.#held.indexOf(harmony.message);
		if (end < 0) return false;
		this.#state = messageOf(this.#held.slice(0, end));
		this.#held = this.#held.slice(end + harmony.message.length);
		return true;
	}

	#readText(state: TextState, segments: Segment[], isEnd: boolean): boolean {
		if (state.skipsSpace) {
			this.#held = this.#held.trimStart();
			if (this.#held === "") return false;
			this.#state = { ...state, skipsSpace: false };
		}
		const { text, tag } = untilTag(this.#held, state.until);
		this.#take(text, state.kind, segments);
		if (tag === undefined) return false;
		const verdict = this.#verdict(state, tag, isEnd);
		if (verdict === "unknown") return false;
		if (verdict === "text") {
			this.#take(tag, state.kind, segments);
			return true;
		}
		if (state.ends === "asClosing")
			segments.push({ kind: "textWasReasoning", text: "" });
		if (!openingsOfAnswers.has(tag)) this.#held = this.#held.slice(tag.length);
		this.#state = state.next;
		return true;
	}

	/** Moves the text from the start of what is held to the segments. */
	#take(text: string, kind: TextState["kind"], segments: Segment[]): void {
		if (text === "") return;
		segments.push({ kind, text });
		this.#held = this.#held.slice(text.length);
		if (this.#state.kind === "text" && this.#state.ends === "asClosing")
			this.#unmarked += text;
	}

	/** Whether the tag that is held ends the text, or is a part of it. */
	#verdict(
		{ ends }: TextState,
		tag: string,
		isEnd: boolean,
	): "tag" | "text" | "unknown" {
		const after = this.#held.slice(tag.length);
		switch (ends) {
			case "always":
				return "tag";
			case "atEnd":
				if (after.trim() !== "") return "text";
				return isEnd ? "tag" : "unknown";
			case "asClosing":
				if (!isEnd && /^[^\S\n]*$/.test(after)) return "unknown";
				return isClosingTag(this.#unmarked, tag, after) ? "tag" : "text";
		}
	}
}

/** @param text the end of the prompt. */
function stateAfter(text: string): State {
	if (text.endsWith(harmony.message)) {
		const start = text.lastIndexOf(harmony.channel);
		if (start >= 0)
			return messageOf(text.slice(start, -harmony.message.length));
	}
	for (const [opening, closing] of answerPairs)
		if (text.endsWith(opening))
			return { kind: "start", otherwise: answerUntil(closing) };
	for (const [opening, closing] of [...reasoningPairs, ...promptedPairs]) {
		if (isOpened(text, opening))
			return { kind: "start", otherwise: reasoningUntil(closing) };
		if (text.endsWith(closing)) return { kind: "start", otherwise: answer };
	}
	return { kind: "start", otherwise: unmarked };
}

/** The tag may be followed by the first words of the reasoning, but not by another tag: then it is only mentioned. */
function isOpened(text: string, opening: string): boolean {
	const at = text.lastIndexOf(opening);
	return at >= 0 && /^[^<>[\]◁▷]*$/.test(text.slice(at + opening.length));
}

/** The state in the message of a channel. */
function messageOf(channelHeader: string): TextState {
	const name = channelHeader.split(harmony.channel).at(-1)?.trim();
	return {
		kind: finalChannel.test(name ?? "") ? "text" : "reasoning",
		until: messageEnds,
		ends: "always",
		next: header,
		skipsSpace: false,
	};
}
