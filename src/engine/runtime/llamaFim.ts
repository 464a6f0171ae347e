/** The fill-in-the-middle tokens of a loaded model, and the order of its prompts. */

import { fimFamilyOf, namesIn } from "../../protocol/fim/fimFamilies.ts";
import type { FimOrder } from "../../protocol/model.ts";
import type { FimTokens, Token } from "./runtime.ts";

/** What is asked of the library's model. */
export interface FimModel {
	/** As llama.cpp knows them. */
	readonly infill: {
		readonly prefix: Token | null;
		readonly suffix: Token | null;
		readonly middle: Token | null;
	};
	/** Of the header; the library nests what keys name with dots. */
	readonly metadata: object;
	/** Parses the names of special tokens. */
	tokenize(text: string): readonly Token[];
	isSpecial(token: Token): boolean;
}

/** @param declared the order that the header declares; the default is prefix first. */
export function fimOf(
	model: FimModel,
	declared: FimOrder,
): { readonly tokens: FimTokens | null; readonly order: FimOrder } {
	const { infill, metadata } = model;
	const family = fimFamilyOf(
		namesIn((key) => valueAt(metadata, key)),
		(text) => tokenOf(model, text) !== null,
	);
	const order = declared === "spm" ? declared : (family?.order ?? declared);
	const prefix = infill.prefix ?? tokenOf(model, family?.prefix);
	const suffix = infill.suffix ?? tokenOf(model, family?.suffix);
	if (prefix === null || suffix === null) return { tokens: null, order };
	const middle =
		family?.middle === null
			? null
			: (infill.middle ?? tokenOf(model, family?.middle));
	const fileSeparator = separator(
		model,
		"tokenizer.ggml.fim_sep_token_id",
		family?.fileSeparator,
	);
	const repositoryName = separator(
		model,
		"tokenizer.ggml.fim_rep_token_id",
		family?.repositoryName,
	);
	return {
		order,
		tokens: { prefix, suffix, middle, fileSeparator, repositoryName },
	};
}

/** For tokens that the library does not expose: read from the header, or found by their name. */
function separator(
	model: FimModel,
	key: string,
	text: string | null | undefined,
): Token | null {
	const id = valueAt(model.metadata, key);
	if (typeof id === "number") return id;
	const token = tokenOf(model, text);
	return token !== null && model.isSpecial(token) ? token : null;
}

/** Null where the vocabulary has it not as one token. */
function tokenOf(
	model: FimModel,
	text: string | null | undefined,
): Token | null {
	if (!text) return null;
	const [token, ...rest] = model.tokenize(text);
	return token !== undefined && rest.length === 0 ? token : null;
}

function valueAt(metadata: object, key: string): unknown {
	return key
		.split(".")
		.reduce<unknown>(
			(value, part) =>
				typeof value === "object" && value !== null
					? (value as Readonly<Record<string, unknown>>)[part]
					: undefined,
			metadata,
		);
}
