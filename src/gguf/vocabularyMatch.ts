/** Whether the tokens of a draft model are those of its target: by the token tables in the files, never by names. Pure. */

import { failure, type Result, success } from "../base/result.ts";
import type { GgufHeader } from "./ggufHeader.ts";

export interface Vocabulary {
	/** The kind of tokenizer, which decides what the text of a token means: `gpt2` writes a space as another letter than `llama`. */
	readonly tokenizer: string;
	/** How text is cut before it is tokenized; older files do not say. */
	readonly preTokenizer: string | undefined;
	readonly tokenCount: number;
	/** As it stands in the file, each token behind its length in 8 bytes: equal bytes are equal tokens. */
	readonly tokenTable: Uint8Array;
}

export interface SharedVocabulary {
	/** Ids below this are in both tables. The larger table has more, of which the other model knows nothing: those are never proposed. */
	readonly sharedTokens: number;
}

/** The limits of llama.cpp (`common/speculative.cpp`): a larger difference is another vocabulary, and the first ids are special ones. */
export const maxSizeDifference = 128;
const firstComparedId = 5;

/**
 * Undefined where the header names no tokens.
 *
 * @param front the bytes of the file, from its start to the end of its header at least.
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
 * Or else one phrase that says why not. llama.cpp asks besides that both add the same tokens at the beginning and the end of a text. Our loop does
 * not need that: the draft is given the tokens of the target and never tokenizes, and a proposal stands only where the target chooses the same.
 * A base model and its instructed sister differ in the token that ends an answer; all that costs is one rejected token at the end.
 */
export function matchVocabularies(
	target: Vocabulary,
	draft: Vocabulary,
): Result<SharedVocabulary, string> {
	if (target.tokenizer !== draft.tokenizer)
		return failure(
			`its tokenizer is ${draft.tokenizer}, not ${target.tokenizer}`,
		);
	// Where one file does not say, the tables decide.
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

/** The first id from `firstComparedId` on whose token differs. */
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

/** Bytes of the token and its length. The parser has checked that no token has more than 32 bits can count. */
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
