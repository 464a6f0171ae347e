/** What a header says of a model that matters to whoever chooses one, and to neither memory nor engine. */

import type { GgufHeader } from "../../gguf/ggufHeader.ts";
import { Role } from "../../protocol/model.ts";

export interface ModelTraits {
	/** As the header has it, such as `apache-2.0`; null where it says none. */
	readonly license: string | null;
	/** The kind of tokenizer: `gpt2` is byte-pair encoding, `llama` SentencePiece. */
	readonly tokenizer: string | null;
	readonly hasChatTemplate: boolean;
	/** Its vocabulary has the token with which a fill-in-the-middle prompt begins. Some chat models have it and never learned its use. */
	readonly hasFimTokens: boolean;
}

/** What a GGUF file may hold that is no language model. */
export type OtherContent =
	| "projector"
	| "adapter"
	| "importanceMatrix"
	| "vocabulary";

/** What llama.cpp takes for the prefix token where the header names none (`llama-vocab.cpp`). */
const fimPrefixTokens = [
	"<|fim_prefix|>",
	"<fim-prefix>",
	"<fim_prefix>",
	"<｜fim▁begin｜>",
	"<PRE>",
	"▁<PRE>",
	"<|code_prefix|>",
	"<|prefix|>",
];

/** @param front the bytes of the file to the end of its header. */
export function traitsOf(header: GgufHeader, front: Buffer): ModelTraits {
	const vocabulary = front.subarray(0, header.dataOffsetBytes);
	return {
		license:
			text(header, "general.license.name") ?? text(header, "general.license"),
		tokenizer: text(header, "tokenizer.ggml.model"),
		hasChatTemplate: chatTemplateIn(header) !== null,
		hasFimTokens:
			header.metadata.has("tokenizer.ggml.fim_pre_token_id") ||
			header.metadata.has("tokenizer.ggml.prefix_token_id") ||
			fimPrefixTokens.some((token) => holdsString(vocabulary, token)),
	};
}

/**
 * What the file declares, or else what it has the means for. `headroom.roles` is this project's own key: a model made for one thing
 * alone may still carry the template and the tokens of another.
 */
export function rolesOf(
	header: GgufHeader,
	traits: ModelTraits,
): readonly Role[] {
	const declared = text(header, "headroom.roles")
		?.split(",")
		.map((role) => role.trim());
	return Role.options.filter(
		(role) => declared?.includes(role) ?? hasMeansFor[role](traits),
	);
}

const hasMeansFor: Readonly<Record<Role, (traits: ModelTraits) => boolean>> = {
	completion: ({ hasFimTokens }) => hasFimTokens,
	chat: ({ hasChatTemplate }) => hasChatTemplate,
};

/** The Jinja text of the template for plain conversations. Those for tools and the like have keys with names of their own. */
export function chatTemplateIn(header: GgufHeader): string | null {
	return (
		text(header, "tokenizer.chat_template") ??
		text(header, "tokenizer.chat_template.default")
	);
}

/** Undefined for language models, and for what cannot be told. */
export function otherContentOf(header: GgufHeader): OtherContent | undefined {
	const type = text(header, "general.type");
	if (type === "mmproj" || text(header, "general.architecture") === "clip")
		return "projector";
	if (type === "adapter") return "adapter";
	if (type === "imatrix") return "importanceMatrix";
	return header.tensors.length === 0 &&
		text(header, "tokenizer.ggml.model") !== null
		? "vocabulary"
		: undefined;
}

/** The parser only counts the strings of a vocabulary. In the file each stands behind its length, which tells it from a part of a longer one. */
function holdsString(bytes: Buffer, wanted: string): boolean {
	const needle = Buffer.from(wanted);
	for (
		let at = bytes.indexOf(needle);
		at >= 0;
		at = bytes.indexOf(needle, at + 1)
	)
		if (at >= 8 && bytes.readBigUInt64LE(at - 8) === BigInt(needle.length))
			return true;
	return false;
}

function text(header: GgufHeader, key: string): string | null {
	const value = header.metadata.get(key);
	return typeof value === "string" && value.trim() !== "" ? value : null;
}
