/** Tells what a model thinks from what it answers, by the tags that it writes round its thoughts. */

import type { SegmentKind } from "../../protocol/chat.ts";
import type { LoadedModel, Token } from "../runtime/runtime.ts";
import type { ChatPart } from "./chatTemplate.ts";

export interface Segment {
	readonly kind: SegmentKind;
	readonly text: string;
}

/** Round thoughts, which come first: in the middle of an answer the same words are part of it. */
const tagPairs: readonly (readonly [opening: string, closing: string])[] = [
	["<think>", "</think>"],
	["<seed:think>", "</seed:think>"],
	["[THINK]", "[/THINK]"],
];

/** In OpenAI's format an answer is a row of messages, each to a channel; what is in none of them is not for reading. */
const channelTag = "<|channel|>";
const messageTag = "<|message|>";
const finalChannel = /^final\b/;
const messageEnds = ["<|end|>", "<|start|>", channelTag];

type State =
	/** Nothing was said yet: a tag may come, or else what would be said without one. */
	| { readonly kind: "start"; readonly otherwise: TextState }
	| TextState
	/** Behind the tag of a channel, before its message. */
	| { readonly kind: "header" };

interface TextState {
	readonly kind: Segment["kind"];
	readonly until: readonly string[];
	readonly next: State;
	/** Space behind a tag belongs to the tag. */
	readonly skipsSpace: boolean;
}

const header: State = { kind: "header" };

const wholeAnswer: TextState = {
	kind: "text",
	until: [],
	next: header,
	skipsSpace: false,
};

function thoughts(closing: string): TextState {
	return {
		kind: "reasoning",
		until: [closing],
		next: { ...wholeAnswer, skipsSpace: true },
		skipsSpace: true,
	};
}

/** What follows each tag with which an output can begin. */
const openings: ReadonlyMap<string, State> = new Map<string, State>([
	...tagPairs.map(
		([opening, closing]) => [opening, thoughts(closing)] as const,
	),
	[channelTag, header],
]);

/**
 * Cuts the text of a model into segments as it comes. However it is cut into chunks, the segments of a kind together are the same,
 * and no tag is in them.
 */
export class ReasoningSplitter {
	#state: State;
	/** What may still turn out to be a tag. */
	#held = "";

	/** @param prompt whose last words may have opened the thoughts already. */
	constructor(prompt: readonly ChatPart[]) {
		const asking = prompt.at(-1)?.text.trimEnd() ?? "";
		const opened = tagPairs.find(([opening]) => asking.endsWith(opening));
		this.#state = {
			kind: "start",
			otherwise: opened ? thoughts(opened[1]) : wholeAnswer,
		};
	}

	push(text: string): readonly Segment[] {
		this.#held += text;
		const segments: Segment[] = [];
		while (this.#step(segments));
		return segments;
	}

	/** What was held back. */
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

	/** @returns whether there is more to do with what is there. */
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
		const said = this.#held.trimStart();
		for (const [tag, state] of openings) {
			if (tag.startsWith(said) && tag !== said) return false;
			if (!said.startsWith(tag)) continue;
			this.#held = said.slice(tag.length);
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

/** Up to the first of the tags, or to where one may begin at the end. */
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

/** How much of the tag the text ends with. */
function begunLength(text: string, tag: string): number {
	for (let length = Math.min(tag.length - 1, text.length); length > 0; length--)
		if (text.endsWith(tag.slice(0, length))) return length;
	return 0;
}

/**
 * The tags that are special tokens of a model, with their texts: they say nothing when they are detokenized, and an answer goes on
 * behind them. What ends an answer is not among them: `<|end|>` ends one but for models that know channels.
 */
export function tagTokens(
	vocabulary: Pick<LoadedModel, "tokenizeTemplate" | "isSpecial">,
): ReadonlyMap<Token, string> {
	const tokenOf = (tag: string): Token | undefined => {
		const [token, ...rest] = vocabulary.tokenizeTemplate(tag);
		return token !== undefined &&
			rest.length === 0 &&
			vocabulary.isSpecial(token)
			? token
			: undefined;
	};
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
