/** From a request to the tokens of a fill-in-the-middle prompt that keeps its budget. */

import type { PromptBudget } from "../../protocol/engineStatus.ts";
import type { FimRequest } from "../../protocol/generation.ts";
import type { FimOrder } from "../../protocol/model.ts";
import type { FimTokens, Token } from "../runtime/runtime.ts";

export interface FimVocabulary {
	readonly tokens: FimTokens;
	readonly order: FimOrder;
	readonly beginningOfText: Token | null;
	/** Text as plain text: nothing in it is taken for a special token. */
	tokenize(text: string): readonly Token[];
	detokenize(tokens: readonly Token[], before: readonly Token[]): string;
	/** Whether there is a token with which a text can begin that begins so. */
	canBegin(text: string): boolean;
}

export interface FimPrompt {
	readonly tokens: readonly Token[];
	/** Tokens at the front that come from other files. */
	readonly snippetTokens: number;
	/** Tokens before the text of the file itself: snippets and path. */
	readonly headTokens: number;
	/** Tokens that stay the same while someone types on the current line. */
	readonly stableTokens: number;
	/** The end of the current line, which the answer must begin with: see {@link holdBack}. */
	readonly heldBack: string;
	/** Tokens of the request that found no room. */
	readonly leftOutTokens: number;
}

/** At most this share of the room goes to the text after the cursor. A fixed share keeps the suffix the same while typing. */
const suffixShare = 0.25;

/**
 * This share of the room before the cursor is kept for the current line. So which blocks have room depends on whole lines alone, and
 * does not change back and forth with what is typed and deleted, or suggested and not taken.
 */
const lineShare = 0.125;

/** A path that takes more than this share of the budget says less than the code in its place. */
const pathShare = 0.25;

/** A first block too long for its room loses tokens in steps of this size, so that its start moves rarely. */
const cutStepTokens = 64;

/** A word in more tokens than this is rare, and choosing each again costs the time of a token. */
const maxHeldBackTokens = 4;

/** What a token that ends within a character's bytes decodes to. */
const halfACharacter = "\ufffd";

export function fimPrompt(
	request: FimRequest,
	vocabulary: FimVocabulary,
	{ localTokens, contextTokens }: PromptBudget,
): FimPrompt {
	const { tokens, beginningOfText, tokenize } = vocabulary;
	const start = beginningOfText === null ? [] : [beginningOfText];
	const context = contextOf(request, vocabulary, contextTokens);
	const path = pathOf(request.path, vocabulary, localTokens * pathShare);
	const markers = tokens.middle === null ? 2 : 3;
	const room = Math.max(0, localTokens - start.length - path.length - markers);

	const wholeSuffix = tokenize(request.suffix);
	const suffix = wholeSuffix.slice(0, Math.floor(room * suffixShare));
	const wholeLine = tokenize(request.line);
	const roomBefore = room - suffix.length;
	const line = endOf(wholeLine, roomBefore);
	const blocks = request.prefixBlocks.map((block) => tokenize(block));
	const prefix =
		line.length < wholeLine.length
			? []
			: lastBlocks(
					blocks,
					roomBefore - Math.max(line.length, roomBefore * lineShare),
				);
	const { kept, heldBack } = holdBack(line, vocabulary);

	const { stable, typed } = arrange(vocabulary, { prefix, suffix, line: kept });
	const head = [...start, ...context.tokens, ...path];
	const front = [...head, ...stable];
	return {
		tokens: [...front, ...typed],
		snippetTokens: context.tokens.length,
		headTokens: head.length,
		stableTokens: front.length,
		heldBack,
		leftOutTokens:
			context.leftOutTokens +
			lengthOf(blocks) -
			prefix.length +
			wholeLine.length -
			line.length +
			wholeSuffix.length -
			suffix.length,
	};
}

/** As many snippets as have room, the last ones first because they matter most, in the form in which models see a repository. */
function contextOf(
	{ repository, snippets }: FimRequest,
	{ tokens, tokenize }: FimVocabulary,
	budgetTokens: number,
): { readonly tokens: readonly Token[]; readonly leftOutTokens: number } {
	const { fileSeparator, repositoryName } = tokens;
	const pieces = snippets.map(({ path, text }) =>
		fileSeparator === null
			? []
			: [fileSeparator, ...tokenize(`${path}\n${withLineEnd(text)}`)],
	);
	const name =
		repositoryName === null || repository === ""
			? []
			: [repositoryName, ...tokenize(`${repository}\n`)];
	let kept: readonly Token[] = [];
	for (const piece of pieces.toReversed()) {
		if (name.length + kept.length + piece.length > budgetTokens) break;
		kept = [...piece, ...kept];
	}
	return {
		tokens: kept.length === 0 ? [] : [...name, ...kept],
		leftOutTokens: lengthOf(pieces) - kept.length,
	};
}

function pathOf(
	path: string,
	{ tokens: { fileSeparator }, tokenize }: FimVocabulary,
	maxTokens: number,
): readonly Token[] {
	if (fileSeparator === null) return [];
	const header = [fileSeparator, ...tokenize(`${path}\n`)];
	return header.length <= maxTokens ? header : [];
}

/**
 * Takes the last token of the line back, and in the middle of a word all of its tokens, so that the model chooses them itself. In `retu`
 * it would never see the start of the one token `return`: what is typed so far is in other tokens than what is meant. Known as
 * token healing.
 */
function holdBack(
	line: readonly Token[],
	{ detokenize, canBegin }: FimVocabulary,
): { readonly kept: readonly Token[]; readonly heldBack: string } {
	let shortest = { kept: line, heldBack: "" };
	const most = Math.min(maxHeldBackTokens, line.length);
	for (let count = 1; count <= most; count++) {
		const kept = line.slice(0, line.length - count);
		const heldBack = detokenize(line.slice(line.length - count), kept);
		if (heldBack.includes(halfACharacter) || !canBegin(heldBack)) continue;
		if (shortest.heldBack === "") shortest = { kept, heldBack };
		const isInWord =
			/^[\p{L}\p{N}_]/u.test(heldBack) &&
			/[\p{L}\p{N}_]$/u.test(detokenize(kept.slice(-1), kept.slice(-2, -1)));
		if (!isInWord) return { kept, heldBack };
	}
	return shortest;
}

/** What stays while someone types on the line, and what is appended to it. */
function arrange(
	{ tokens: { prefix: pre, suffix: suf, middle }, order }: FimVocabulary,
	parts: {
		readonly prefix: readonly Token[];
		readonly suffix: readonly Token[];
		readonly line: readonly Token[];
	},
): { readonly stable: readonly Token[]; readonly typed: readonly Token[] } {
	const { prefix, suffix, line } = parts;
	// Without a middle token only what stands last can be continued.
	if (middle === null)
		return { stable: [suf, ...suffix, pre, ...prefix], typed: line };
	return order === "spm"
		? { stable: [suf, ...suffix, pre, ...prefix], typed: [...line, middle] }
		: { stable: [pre, ...prefix, suf, ...suffix, middle], typed: line };
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
		if (kept.length === 0) kept.push(endOf(block, left));
		break;
	}
	return kept.flat();
}

/** All of it, or where that has no room its end, which begins later in steps. */
function endOf(tokens: readonly Token[], room: number): readonly Token[] {
	const excess = Math.max(0, tokens.length - room);
	return tokens.slice(Math.ceil(excess / cutStepTokens) * cutStepTokens);
}

function withLineEnd(text: string): string {
	return text.endsWith("\n") ? text : `${text}\n`;
}

function lengthOf(parts: readonly (readonly Token[])[]): number {
	return parts.reduce((sum, part) => sum + part.length, 0);
}
