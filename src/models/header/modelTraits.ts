/** Properties of a model that matter for choosing one, read from its header. */

import type { GgufHeader } from "../../gguf/ggufHeader.ts";
import { Role } from "../../protocol/model.ts";

export interface ModelTraits {
	/** As in the header, such as `apache-2.0`; null where it names none. */
	readonly license: string | null;
	/** The kind of tokenizer: `gpt2` is byte-pair encoding, `llama` SentencePiece. */
	readonly tokenizer: string | null;
	readonly hasChatTemplate: boolean;
	/** The vocabulary has the token that starts a fill-in-the-middle prompt. Some chat models have it without being trained on it. */
	readonly hasFimTokens: boolean;
}

/** Contents of a GGUF file that is not a language model. */
export type OtherContent =
	| "projector"
	| "adapter"
	| "importanceMatrix"
	| "vocabulary";

/** The tokens that llama.cpp takes as the FIM prefix where the header names none (`llama-vocab.cpp`). */
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
 * The roles that the file declares, or else those that it has tokens or a template for. `headroom.roles` is a key of this project: a model
 * trained for one role may still carry the template or the tokens of the other.
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

/** The Jinja template for plain conversations. Templates for tool use and the like have other keys. */
export function chatTemplateIn(header: GgufHeader): string | null {
	return (
		text(header, "tokenizer.chat_template") ??
		text(header, "tokenizer.chat_template.default")
	);
}

/** Undefined for language models, and where the content is unknown. */
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

/** The parser skips the strings of a vocabulary. Each is stored behind its length, which distinguishes it from a part of a longer string. */
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
