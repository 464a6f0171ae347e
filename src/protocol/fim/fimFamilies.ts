/** The special tokens of fill-in-the-middle in each family of models, and the order of its prompts. */

import type { FimOrder } from "../model.ts";

export interface FimFamily {
	/** What the names in a header hold; for families with the tokens of another. */
	readonly named?: RegExp;
	readonly prefix: string;
	readonly suffix: string;
	/** Null where the prompt ends with the prefix. */
	readonly middle: string | null;
	/** Suffix first (`spm`) where that is what its makers publish. */
	readonly order: FimOrder;
	/** Precedes the path of a file; null in models that were not trained with paths. */
	readonly fileSeparator: string | null;
	/** Precedes the name of a repository. */
	readonly repositoryName: string | null;
}

const paths = { fileSeparator: null, repositoryName: null } as const;

/** The first that fits counts. */
export const fimFamilies: readonly FimFamily[] = [
	// Mellum 1 and 2: the cards of JetBrains/Mellum-4b-base and Mellum2. The tokens are those of StarCoder, whose order is another.
	{
		named: /\bmellum/i,
		prefix: "<fim_prefix>",
		suffix: "<fim_suffix>",
		middle: "<fim_middle>",
		order: "spm",
		fileSeparator: "<filename>",
		repositoryName: null,
	},
	// Codestral: mistral-common, which puts the suffix first and ends with the prefix. Other models of Mistral have the tokens untrained.
	{
		named: /\bcodestral/i,
		prefix: "[PREFIX]",
		suffix: "[SUFFIX]",
		middle: null,
		order: "spm",
		...paths,
	},
	// Seed-Coder: its technical report (arXiv 2506.03524), and ggml-org/llama.cpp#17900.
	{
		prefix: "<[fim-prefix]>",
		suffix: "<[fim-suffix]>",
		middle: "<[fim-middle]>",
		order: "spm",
		...paths,
	},
	// Qwen2.5-Coder and Qwen3-Coder: their READMEs. CodeGemma and Granite 4 have the same three, and no `<|file_sep|>`.
	{
		prefix: "<|fim_prefix|>",
		suffix: "<|fim_suffix|>",
		middle: "<|fim_middle|>",
		order: "psm",
		fileSeparator: "<|file_sep|>",
		repositoryName: "<|repo_name|>",
	},
	// StarCoder2: arXiv 2402.19173. StarCoder, stable-code and Granite 3 have the same three, and no `<file_sep>`.
	{
		prefix: "<fim_prefix>",
		suffix: "<fim_suffix>",
		middle: "<fim_middle>",
		order: "psm",
		fileSeparator: "<file_sep>",
		repositoryName: "<repo_name>",
	},
	// SantaCoder: arXiv 2301.03988.
	{
		prefix: "<fim-prefix>",
		suffix: "<fim-suffix>",
		middle: "<fim-middle>",
		order: "psm",
		...paths,
	},
	// DeepSeek-Coder and V2: the README of deepseek-ai/DeepSeek-Coder.
	{
		prefix: "<｜fim▁begin｜>",
		suffix: "<｜fim▁hole｜>",
		middle: "<｜fim▁end｜>",
		order: "psm",
		...paths,
	},
	// CodeLlama: arXiv 2308.12950; of two spellings in published files.
	{
		prefix: "▁<PRE>",
		suffix: "▁<SUF>",
		middle: "▁<MID>",
		order: "psm",
		...paths,
	},
	{
		prefix: "<PRE>",
		suffix: "<SUF>",
		middle: "<MID>",
		order: "psm",
		...paths,
	},
	// CodeGeeX4 and GLM: ggml-org/llama.cpp, `llama-vocab.cpp`.
	{
		prefix: "<|code_prefix|>",
		suffix: "<|code_suffix|>",
		middle: "<|code_middle|>",
		order: "psm",
		...paths,
	},
	// Falcon-H1-Tiny-Coder: ggml-org/llama.cpp#19249.
	{
		prefix: "<|prefix|>",
		suffix: "<|suffix|>",
		middle: "<|middle|>",
		order: "psm",
		...paths,
	},
];

/** These have the tokens of the models they come from, without being trained on them: OpenCoder (its discussion 2), Zeta (edits only). */
const untrained = /\b(?:opencoder|zeta)\b/i;

const nameKeys = [
	"general.name",
	"general.basename",
	"general.architecture",
	"general.base_model.0.name",
];

/** What a header calls the model. Never the name of its file, which anyone may change. */
export function namesIn(read: (key: string) => unknown): string {
	return nameKeys
		.map(read)
		.filter((it) => typeof it === "string")
		.map((it) => it.slice(0, maxNameChars).replaceAll("_", " "))
		.join("\n");
}
const maxNameChars = 200;

/**
 * @param names see `namesIn`.
 * @param isToken whether the vocabulary has a token.
 */
export function fimFamilyOf(
	names: string,
	isToken: (text: string) => boolean,
): FimFamily | undefined {
	return fimFamilies.find(
		({ named, prefix, suffix, middle }) =>
			(named?.test(names) ?? true) &&
			[prefix, suffix, middle].every((it) => it === null || isToken(it)),
	);
}

/** Whether a model completes code at a cursor, by a vocabulary with tokens for it. */
export function isTrainedForFim(names: string): boolean {
	return !untrained.test(names);
}
