/** Separates the reasoning of a model from its answer, by the tags around the reasoning. */

import type { SegmentKind } from "../../protocol/chat.ts";
import type { LoadedModel, Token } from "../runtime/runtime.ts";
import type { ChatPart } from "./chatTemplate.ts";

export interface Segment {
	readonly kind: SegmentKind;
	readonly text: string;
}

/** Reasoning comes first: in the middle of an answer the same tags are plain text. */
const tagPairs: readonly (readonly [opening: string, closing: string])[] = [
	["<think>", "</think>"],
	["<seed:think>", "</seed:think>"],
	["[THINK]", "[/THINK]"],
];

/** In OpenAI's Harmony format an answer is a sequence of messages to channels; text outside of messages is not shown. */
const channelTag = "<|channel|>";
const messageTag = "<|message|>";
const finalChannel = /^final\b/;
const messageEnds = ["<|end|>", "<|start|>", channelTag];

type State =
	/** Before any text: a tag may follow, or else text in the state `otherwise`. */
	| { readonly kind: "start"; readonly otherwise: TextState }
	| TextState
	/** After the tag of a channel, before its message. */
	| { readonly kind: "header" };

interface TextState {
	readonly kind: Segment["kind"];
	readonly until: readonly string[];
	readonly next: State;
	/** Whether whitespace is skipped, as after a tag. */
	readonly skipsSpace: boolean;
}

const header: State = { kind: "header" };

const wholeAnswer: TextState = {
	kind: "text",
	until: [],
	next: header,
	skipsSpace: false,
};

function reasoningUntil(closing: string): TextState {
	return {
		kind: "reasoning",
		until: [closing],
		next: { ...wholeAnswer, skipsSpace: true },
		skipsSpace: true,
	};
}

/** The state after each tag that an output can begin with. */
const openings: ReadonlyMap<string, State> = new Map<string, State>([
	...tagPairs.map(
		([opening, closing]) => [opening, reasoningUntil(closing)] as const,
	),
	[channelTag, header],
]);

/**
 * Splits streamed text into segments without tags. The concatenated text of each kind does not depend on how the stream is split into
 * chunks.
 */
export class ReasoningSplitter {
	#state: State;
	/** Text that may be the start of a tag. */
	#held = "";

	/** @param prompt its template text may end with an opening tag. */
	constructor(prompt: readonly ChatPart[]) {
		const answerStart = prompt.at(-1)?.text.trimEnd() ?? "";
		const opened = tagPairs.find(([opening]) => answerStart.endsWith(opening));
		this.#state = {
			kind: "start",
			otherwise: opened ? reasoningUntil(opened[1]) : wholeAnswer,
		};
	}

	push(text: string): readonly Segment[] {
		this.#held += text;
		const segments: Segment[] = [];
		while (this.#step(segments));
		return segments;
	}

	/** @returns the rest of the text. */
	end(): readonly Segment[] {
		const state =
			this.#state.kind === "start" ? this.#state.otherwise : this.#state;
		const text = this.#held;
		this.#held = "";
		if (state.kind === "header" || text === "") return [];
		return state.skipsSpace && text.trim() === ""
			? []
			: [{ kind: state.kind, text }];
	}

	/** @returns whether to call it again. */
	#step(segments: Segment[]): boolean {
		switch (this.#state.kind) {
			case "start":
				return this.#begin(this.#state.otherwise);
			case "header":
				return this.#readHeader();
			default:
				return this.#readText(this.#state, segments);
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
		const end = this.#held.indexOf(messageTag);
		if (end < 0) return false;
		const name = this.#held.slice(0, end).split(channelTag).at(-1)?.trim();
		this.#held = this.#held.slice(end + messageTag.length);
		this.#state = {
			kind: finalChannel.test(name ?? "") ? "text" : "reasoning",
			until: messageEnds,
			next: header,
			skipsSpace: false,
		};
		return true;
	}

	#readText(state: TextState, segments: Segment[]): boolean {
		if (state.skipsSpace) {
			this.#held = this.#held.trimStart();
			if (this.#held === "") return false;
			this.#state = { ...state, skipsSpace: false };
		}
		const { text, tag } = untilTag(this.#held, state.until);
		if (text !== "") segments.push({ kind: state.kind, text });
		this.#held = this.#held.slice(text.length + (tag?.length ?? 0));
		if (tag === undefined) return false;
		this.#state = state.next;
		return true;
	}
}

/** The text up to the first tag, or up to a possible start of one at the end. */
function untilTag(
	text: string,
	tags: readonly string[],
): { readonly text: string; readonly tag?: string } {
	let first: { readonly at: number; readonly tag: string } | undefined;
	for (const tag of tags) {
		const at = text.indexOf(tag);
		if (at >= 0 && (!first || at < first.at)) first = { at, tag };
	}
	if (first) return { text: text.slice(0, first.at), tag: first.tag };
	const heldLength = Math.max(0, ...tags.map((tag) => begunLength(text, tag)));
	return { text: text.slice(0, text.length - heldLength) };
}

/** The length of the prefix of the tag that the text ends with. */
function begunLength(text: string, tag: string): number {
	for (let length = Math.min(tag.length - 1, text.length); length > 0; length--)
		if (text.endsWith(tag.slice(0, length))) return length;
	return 0;
}

type Vocabulary = Pick<LoadedModel, "tokenizeTemplate" | "isSpecial">;

/** The special token with this text; undefined if there is none. */
export function specialToken(
	vocabulary: Vocabulary,
	text: string,
): Token | undefined {
	const [token, ...rest] = vocabulary.tokenizeTemplate(text);
	return token !== undefined && rest.length === 0 && vocabulary.isSpecial(token)
		? token
		: undefined;
}

/**
 * The tags that are special tokens of a model, with their texts: they detokenize to nothing, and an answer continues after them. Tokens that end an
 * answer are not included: `<|end|>` ends one unless the model has channels.
 */
export function tagTokens(vocabulary: Vocabulary): ReadonlyMap<Token, string> {
	const tokenOf = (tag: string) => specialToken(vocabulary, tag);
	const knowsChannels = [channelTag, messageTag].every(
		(tag) => tokenOf(tag) !== undefined,
	);
	const found = new Map<Token, string>();
	for (const tag of [
		...tagPairs.flat(),
		...(knowsChannels ? [messageTag, ...messageEnds] : []),
	]) {
		const token = tokenOf(tag);
		if (token !== undefined) found.set(token, tag);
	}
	return found;
}
