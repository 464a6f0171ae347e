/** Compares the vocabularies of a draft model and its target by the token tables in their files, never by name. Pure. */

import { failure, type Result, success } from "../base/result.ts";
import type { GgufHeader } from "./ggufHeader.ts";

export interface Vocabulary {
	/** The kind of tokenizer, which determines how tokens encode text: `gpt2` writes a space differently than `llama`. */
	readonly tokenizer: string;
	/** The pre-tokenizer; older files do not declare it. */
	readonly preTokenizer: string | undefined;
	readonly tokenCount: number;
	/** The table as in the file, where each token follows its length in 8 bytes: equal bytes are equal tokens. */
	readonly tokenTable: Uint8Array;
}

export interface SharedVocabulary {
	/** Ids below this are in both tables. The rest of the larger table is unknown to the other model and never proposed. */
	readonly sharedTokens: number;
}

/**
 * The limits of llama.cpp (`common/speculative.cpp`): a larger difference in size means another vocabulary, and the first ids are
 * special tokens.
 */
export const maxSizeDifference = 128;
const firstComparedId = 5;

/**
 * Undefined if the header has no tokens.
 *
 * @param front the file from its start to at least the end of its header.
 */
export function vocabularyOf(
	{ metadata }: GgufHeader,
	front: Uint8Array,
): Vocabulary | undefined {
	const tokenizer = metadata.get("tokenizer.ggml.model");
	const preTokenizer = metadata.get("tokenizer.ggml.pre");
	const tokens = metadata.get("tokenizer.ggml.tokens");
	if (
		typeof tokenizer !== "string" ||
		typeof tokens !== "object" ||
		!("strings" in tokens) ||
		tokens.endBytes > front.length
	)
		return undefined;
	return {
		tokenizer,
		preTokenizer: typeof preTokenizer === "string" ? preTokenizer : undefined,
		tokenCount: tokens.strings,
		tokenTable: front.subarray(tokens.startBytes, tokens.endBytes),
	};
}

/**
 * The match, or a phrase that says why there is none. llama.cpp also requires that both add the same tokens at the beginning and end
 * of a text. Our loop does not: the draft receives the tokens of the target and never tokenizes, and a proposal is accepted only if
 * the target chooses the same token. A base model and its instruction-tuned variant differ in the token that ends an answer, which
 * costs one rejected token at the end.
 */
export function matchVocabularies(
	target: Vocabulary,
	draft: Vocabulary,
): Result<SharedVocabulary, string> {
	if (target.tokenizer !== draft.tokenizer)
		return failure(
			`its tokenizer is ${draft.tokenizer}, not ${target.tokenizer}`,
		);
	// If one file does not declare it, the tables decide.
	if (
		target.preTokenizer !== undefined &&
		draft.preTokenizer !== undefined &&
		target.preTokenizer !== draft.preTokenizer
	)
		return failure(
			`its text is cut as for ${draft.preTokenizer}, not ${target.preTokenizer}`,
		);
	if (Math.abs(target.tokenCount - draft.tokenCount) > maxSizeDifference)
		return failure(
			`it has ${draft.tokenCount} tokens, not ${target.tokenCount}`,
		);
	const sharedTokens = Math.min(target.tokenCount, draft.tokenCount);
	const id = firstDifference(target.tokenTable, draft.tokenTable, sharedTokens);
	return id === undefined
		? success({ sharedTokens })
		: failure(`token ${id} is another one`);
}

/** The first id, starting at `firstComparedId`, whose token differs. */
function firstDifference(
	one: Uint8Array,
	other: Uint8Array,
	tokens: number,
): number | undefined {
	const oneBytesAt = lengthReader(one);
	const otherBytesAt = lengthReader(other);
	let at = 0;
	let otherAt = 0;
	for (let id = 0; id < tokens; id++) {
		const entryBytes = oneBytesAt(at);
		const otherEntryBytes = otherBytesAt(otherAt);
		if (
			id >= firstComparedId &&
			(entryBytes !== otherEntryBytes ||
				!areEqual(one, at, other, otherAt, entryBytes))
		)
			return id;
		at += entryBytes;
		otherAt += otherEntryBytes;
	}
	return undefined;
}

/** Bytes of a token and its length. The parser has verified that the length fits into 32 bits. */
function lengthReader(table: Uint8Array): (at: number) => number {
	const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
	return (at) => 8 + view.getUint32(at, true);
}

function areEqual(
	one: Uint8Array,
	at: number,
	other: Uint8Array,
	otherAt: number,
	lengthBytes: number,
): boolean {
	for (let i = 0; i < lengthBytes; i++)
		if (one[at + i] !== other[otherAt + i]) return false;
	return true;
}
