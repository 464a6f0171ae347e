/** From a request to the tokens of a fill-in-the-middle prompt that keeps its budget. */

import type { FimRequest } from "../protocol/generation.ts";
import type { FimOrder } from "../protocol/model.ts";
import type { FimTokens, Token } from "./runtime.ts";

export interface FimVocabulary {
	readonly tokens: FimTokens;
	readonly order: FimOrder;
	readonly beginningOfText: Token | null;
	/** Text as plain text: nothing in it is taken for a special token. */
	tokenize(text: string): readonly Token[];
}

export interface FimPrompt {
	readonly tokens: readonly Token[];
	/** Tokens of the request that found no room. */
	readonly leftOutTokens: number;
}

/** At most this share of the room goes to the text after the cursor. A fixed share keeps the suffix the same while typing. */
const suffixShare = 0.25;

/** A path that takes more than this share of the budget says less than the code in its place. */
const pathShare = 0.25;

/** A first block too long for its room loses tokens in steps of this size, so that its start moves rarely. */
const cutStepTokens = 64;

/** @param budgetTokens the most tokens that the prompt may have. */
export function fimPrompt(
	request: FimRequest,
	vocabulary: FimVocabulary,
	budgetTokens: number,
): FimPrompt {
	const { tokens, order, beginningOfText, tokenize } = vocabulary;
	const head: Token[] = [];
	if (beginningOfText !== null) head.push(beginningOfText);
	if (tokens.fileSeparator !== null) {
		const path = [tokens.fileSeparator, ...tokenize(`${request.path}\n`)];
		if (path.length <= budgetTokens * pathShare) head.push(...path);
	}
	const markers = tokens.middle === null ? 2 : 3;
	const room = Math.max(0, budgetTokens - head.length - markers);

	const wholeSuffix = tokenize(request.suffix);
	const suffix = wholeSuffix.slice(0, Math.floor(room * suffixShare));
	const blocks = request.prefixBlocks.map((block) => tokenize(block));
	const prefix = lastBlocks(blocks, room - suffix.length);

	const wholePrefixTokens = blocks.reduce(
		(sum, block) => sum + block.length,
		0,
	);
	return {
		tokens: [...head, ...arrange(tokens, order, prefix, suffix)],
		leftOutTokens:
			wholePrefixTokens - prefix.length + wholeSuffix.length - suffix.length,
	};
}

function arrange(
	{ prefix: pre, suffix: suf, middle }: FimTokens,
	order: FimOrder,
	prefix: readonly Token[],
	suffix: readonly Token[],
): Token[] {
	// Without a middle token only what stands last can be continued.
	if (middle === null) return [suf, ...suffix, pre, ...prefix];
	return order === "spm"
		? [suf, ...suffix, pre, ...prefix, middle]
		: [pre, ...prefix, suf, ...suffix, middle];
}

/** As many whole blocks from the end as have room; of a last block that has none, its end. */
function lastBlocks(
	blocks: readonly (readonly Token[])[],
	room: number,
): readonly Token[] {
	const kept: (readonly Token[])[] = [];
	let left = room;
	for (const block of blocks.toReversed()) {
		if (block.length <= left) {
			kept.unshift(block);
			left -= block.length;
			continue;
		}
		if (kept.length === 0) {
			const excess = block.length - left;
			kept.push(block.slice(Math.ceil(excess / cutStepTokens) * cutStepTokens));
		}
		break;
	}
	return kept.flat();
}
