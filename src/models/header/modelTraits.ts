/** Properties of a model that matter for choosing one, read from its header. */

import { oneLine } from "../../base/sentence.ts";
import type { GgufHeader } from "../../gguf/ggufHeader.ts";
import {
	fimFamilies,
	isTrainedForFim,
	namesIn,
} from "../../protocol/fim/fimFamilies.ts";
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

/**
 * Of a chat template, in UTF-16 units: the longest published ones have some 20,000. A longer one is not used, because parsing it, or counting
 * the special tokens in it, would hold up the engine.
 */
const maxTemplateLength = 256 * 1024;
/** Of a license, in a list of models. */
const maxLicenseCharacters = 80;

/** @param front the bytes of the file to the end of its header. */
export function traitsOf(header: GgufHeader, front: Buffer): ModelTraits {
	const vocabulary = tokensIn(header, front);
	const names = namesIn((key) => header.metadata.get(key));
	return {
		license:
			line(header, "general.license.name") ?? line(header, "general.license"),
		tokenizer: line(header, "tokenizer.ggml.model"),
		hasChatTemplate: chatTemplateIn(header) !== null,
		hasFimTokens:
			isTrainedForFim(names) &&
			(header.metadata.has("tokenizer.ggml.fim_pre_token_id") ||
				header.metadata.has("tokenizer.ggml.prefix_token_id") ||
				fimFamilies.some(
					({ named, prefix }) =>
						(named?.test(names) ?? true) && holdsString(vocabulary, prefix),
				)),
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
	const template =
		text(header, "tokenizer.chat_template") ??
		text(header, "tokenizer.chat_template.default");
	return template !== null && template.length <= maxTemplateLength
		? template
		: null;
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

/** The bytes of the token table; none if there is no such table. */
function tokensIn({ metadata }: GgufHeader, front: Buffer): Buffer {
	const tokens = metadata.get("tokenizer.ggml.tokens");
	return typeof tokens === "object" && "strings" in tokens
		? front.subarray(tokens.startBytes, tokens.endBytes)
		: front.subarray(0, 0);
}

/** The parser skips the strings of a vocabulary. Each is stored behind its length, which distinguishes it from a part of a longer string. */
function holdsString(bytes: Buffer, wanted: string): boolean {
	const text = Buffer.from(wanted);
	const needle = Buffer.concat([Buffer.alloc(8), text]);
	needle.writeUInt32LE(text.length);
	return bytes.includes(needle);
}

function line(header: GgufHeader, key: string): string | null {
	const value = oneLine(text(header, key) ?? "", maxLicenseCharacters);
	return value === "" ? null : value;
}

function text(header: GgufHeader, key: string): string | null {
	const value = header.metadata.get(key);
	return typeof value === "string" && value.trim() !== "" ? value : null;
}
