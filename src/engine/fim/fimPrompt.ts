/** Builds the tokens of a fill-in-the-middle prompt within its budget. */

import type { PromptBudget } from "../../protocol/engineStatus.ts";
import type { FimRequest } from "../../protocol/generation.ts";
import type { FimOrder } from "../../protocol/model.ts";
import type { FimTokens, Token } from "../runtime/runtime.ts";

export interface FimVocabulary {
	/** Null for a model without any: it continues the text before the cursor, and sees nothing behind it nor of other files. */
	readonly tokens: FimTokens | null;
	readonly order: FimOrder;
	readonly beginningOfText: Token | null;
	/** Tokenizes plain text: nothing in it is parsed as a special token. */
	tokenize(text: string): readonly Token[];
	detokenize(tokens: readonly Token[], before: readonly Token[]): string;
	/** Whether there is a token that a text with this prefix can begin with. */
	canBegin(text: string): boolean;
}

export interface FimPrompt {
	readonly tokens: readonly Token[];
	/** Tokens at the front from other files. */
	readonly snippetTokens: number;
	/** Tokens before the text of the file itself: snippets and path. */
	readonly headTokens: number;
	/** Tokens that do not change while the user types behind the frozen prefix, at the end of `typed`. */
	readonly stableTokens: number;
	/** Tokens that do not change while the user types on the current line: `stableTokens`, and those of the lines typed before it. */
	readonly settledTokens: number;
	/** The end of the current line, which the answer must begin with: see {@link holdBack}. */
	readonly heldBack: string;
	/** Tokens of the request that exceed the budget. */
	readonly leftOutTokens: number;
}

/** The suffix gets at most this share of the room. A fixed share keeps the suffix the same while the user types. */
const suffixShare = 0.25;

/** A longer path, as a share of the budget, is worth less than the code that it displaces. */
const pathShare = 0.25;

/** Text longer than its room is truncated in steps of this size, so that its start moves rarely. */
const cutStepTokens = 64;

/** Words of more tokens are rare, and each held-back token costs a decode step. */
const maxHeldBackTokens = 4;

/** A token that ends inside a character decodes to this. */
const halfACharacter = "\ufffd";

/**
 * Prefix and suffix are chosen whatever is typed, which has room of its own. So the stable part is the same while the user types, deletes, and
 * rejects suggestions. What is typed beyond its room joins the prefix, in steps.
 */
export function fimPrompt(
	request: FimRequest,
	vocabulary: FimVocabulary,
	{ localTokens, contextTokens, typedTokens }: PromptBudget,
): FimPrompt {
	const { tokens, beginningOfText, tokenize } = vocabulary;
	const start = beginningOfText === null ? [] : [beginningOfText];
	const context = contextOf(request, vocabulary, contextTokens);
	const path = pathOf(request.path, vocabulary, localTokens * pathShare);
	const markers = tokens === null ? 0 : tokens.middle === null ? 2 : 3;
	const room = Math.max(0, localTokens - start.length - path.length - markers);

	const wholeSuffix = tokens === null ? [] : tokenize(request.suffix);
	const suffix = wholeSuffix.slice(0, Math.floor(room * suffixShare));
	const wholeTyped = tokenize(request.typed);
	const typed = endOf(wholeTyped, typedTokens);
	const blocks = [
		...request.prefixBlocks.map((block) => tokenize(block)),
		wholeTyped.slice(0, wholeTyped.length - typed.length),
	];
	const prefix = lastBlocks(blocks, room - suffix.length);
	const { kept, heldBack } = holdBack(typed, vocabulary);

	const { stable, rest } = arrange(vocabulary, { prefix, suffix, typed: kept });
	const head = [...start, ...context.tokens, ...path];
	const front = [...head, ...stable];
	return {
		tokens: [...front, ...rest],
		snippetTokens: context.tokens.length,
		headTokens: head.length,
		stableTokens: front.length,
		settledTokens:
			front.length +
			Math.min(settledOf(request.typed, typed, vocabulary), kept.length),
		heldBack,
		leftOutTokens:
			context.leftOutTokens +
			lengthOf(blocks) -
			prefix.length +
			wholeSuffix.length -
			suffix.length,
	};
}

/** How many of the last tokens of a text belong to the lines before its last one. */
function settledOf(
	text: string,
	last: readonly Token[],
	{ tokenize }: FimVocabulary,
): number {
	const line = text.slice(text.lastIndexOf("\n") + 1);
	// One more, because the indentation of the line may merge with the line end before it.
	return Math.max(0, last.length - tokenize(line).length - 1);
}

/** As many snippets as fit, the last ones first because they matter most, in the format that models were trained on for repositories. */
function contextOf(
	{ repository, snippets }: FimRequest,
	{ tokens, tokenize }: FimVocabulary,
	budgetTokens: number,
): { readonly tokens: readonly Token[]; readonly leftOutTokens: number } {
	const { fileSeparator, repositoryName } = tokens ?? noMarkers;
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
	{ tokens, tokenize }: FimVocabulary,
	maxTokens: number,
): readonly Token[] {
	const { fileSeparator } = tokens ?? noMarkers;
	if (fileSeparator === null) return [];
	const header = [fileSeparator, ...tokenize(`${path}\n`)];
	return header.length <= maxTokens ? header : [];
}

/**
 * Token healing: removes the last token of the line, or all tokens of an unfinished word, for the model to choose itself. After `retu` it
 * could not generate the single token `return`, because the typed part is already tokenized differently.
 */
function holdBack(
	line: readonly Token[],
	{ detokenize, canBegin }: FimVocabulary,
): { readonly kept: readonly Token[]; readonly heldBack: string } {
	let shortest = { kept: line, heldBack: "" };
	const maxCount = Math.min(maxHeldBackTokens, line.length);
	for (let count = 1; count <= maxCount; count++) {
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

const noMarkers = { fileSeparator: null, repositoryName: null } as const;

/** Splits the prompt into what is stable while the user types, and what is appended to it. */
function arrange(
	{ tokens, order }: FimVocabulary,
	parts: {
		readonly prefix: readonly Token[];
		readonly suffix: readonly Token[];
		readonly typed: readonly Token[];
	},
): { readonly stable: readonly Token[]; readonly rest: readonly Token[] } {
	const { prefix, suffix, typed } = parts;
	if (tokens === null) return { stable: prefix, rest: typed };
	const { prefix: pre, suffix: suf, middle } = tokens;
	// Without a middle token the model can only continue the end of the prompt.
	if (middle === null)
		return { stable: [suf, ...suffix, pre, ...prefix], rest: typed };
	return order === "spm"
		? { stable: [suf, ...suffix, pre, ...prefix], rest: [...typed, middle] }
		: { stable: [pre, ...prefix, suf, ...suffix, middle], rest: typed };
}

/** As many whole blocks from the end as fit; if not even the last one does, its end. */
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
		if (lengthOf(kept) === 0) kept.push(endOf(block, left));
		break;
	}
	return kept.flat();
}

/** All tokens if they fit; or else the end, truncated in steps. */
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
