/**
 * The port to llama.cpp: what the engine needs, independent of the library that provides it.
 *
 * Invariant: everything above this port works on token ids and is tested with a fake; `llamaRuntime.ts` is the only real implementation.
 */

import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import type { KvType } from "../../memory/plan/modelCost.ts";
import type { Device } from "../../protocol/device.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { ModelDescription } from "../../protocol/model.ts";

export type Token = number;

interface RuntimeOptions {
	readonly gpu: "auto" | "off";
	/** Null chooses by measuring: all cores that are there, or one less while another process is busy. */
	readonly threads: number | null;
	readonly log: Log;
}

export type CreateRuntime = (
	options: RuntimeOptions,
) => Promise<Result<Runtime, HeadroomError>>;

export interface Runtime {
	/** The build of llama.cpp. */
	readonly build: string;
	/** The compute devices, with their current free memory. */
	devices(): Promise<readonly Device[]>;
	loadModel(
		options: LoadModelOptions,
	): Promise<Result<LoadedModel, HeadroomError>>;
	dispose(): Promise<void>;
}

/** The size of llama.cpp's own buffers, as it reports them. */
export interface AllocatedBytes {
	readonly vramBytes: number;
	readonly ramBytes: number;
}

export interface LoadModelOptions {
	readonly description: ModelDescription;
	/** How many layers to offload to the GPU, counted from the last and with the head as one more. Default: all. */
	readonly gpuLayers?: number | undefined;
	/**
	 * Whether to map the file into memory instead of reading it. Undefined without a plan: then the library decides, and checks itself
	 * whether the model fits.
	 */
	readonly mapsFile: boolean | undefined;
	/** Called with a rising fraction, 0 to 1. */
	readonly onProgress: (fraction: number) => void;
}

/** Fill-in-the-middle tokens, by the ids in the model file. */
export interface FimTokens {
	readonly prefix: Token;
	readonly suffix: Token;
	/** Null for models without one: there the suffix comes first, and the prompt ends with the prefix. */
	readonly middle: Token | null;
	/** Precedes the path of a file, in models trained with paths. */
	readonly fileSeparator: Token | null;
	/** Precedes the name of a repository, in models trained on whole repositories. */
	readonly repositoryName: Token | null;
}

export interface LoadedModel {
	readonly description: ModelDescription;
	/** Where its weights actually are, such as `CPU (3 threads)`, with those in use now, or `Vulkan`. */
	readonly backend: string;
	/** The size of its weights. */
	readonly allocatedBytes: AllocatedBytes;
	/** The devices of its runtime; safe to call while the model works. Rejects after the runtime is disposed. */
	devices(): Promise<readonly Device[]>;
	/** Null for models without fill-in-the-middle support. */
	readonly fimTokens: FimTokens | null;
	/** The token that every prompt must begin with, or null. */
	readonly beginningOfText: Token | null;
	/** The texts of these tokens for chat templates, whether or not prompts need them; empty if the model has none. */
	readonly specialTexts: {
		readonly beginningOfText: string;
		readonly endOfText: string;
	};
	/** Tokenizes plain text: nothing in it is parsed as a special token. */
	tokenize(text: string): readonly Token[];
	/** Tokenizes template text: special tokens are parsed. Adds no beginning-of-text token. */
	tokenizeTemplate(text: string): readonly Token[];
	/** @param before the preceding tokens, on which the first character may depend. */
	detokenize(tokens: readonly Token[], before: readonly Token[]): string;
	allTokens(): readonly Token[];
	/** True for end-of-generation tokens and all others that are not text. */
	isSpecial(token: Token): boolean;
	/** Allocates KV caches for `count` sequences of `contextWindow` tokens each, evaluated in batches of `batchTokens`. */
	createSequences(
		options: SequenceOptions,
	): Promise<Result<Sequences, HeadroomError>>;
	dispose(): Promise<void>;
}

export interface SequenceOptions {
	readonly count: number;
	/** Tokens per sequence. */
	readonly contextWindow: number;
	readonly batchTokens: number;
	readonly kvType: KvType;
}

/** The sequences of one context: allocated and freed together. */
export interface Sequences {
	readonly all: readonly Sequence[];
	/** KV caches and buffers. */
	readonly allocatedBytes: AllocatedBytes;
	dispose(): Promise<void>;
}

/** Which tokens may be chosen. */
export interface TokenLimits {
	/** Only these. */
	readonly allowed?: readonly Token[];
	/** None of these; `evaluate` cannot ban end-of-text tokens. */
	readonly banned?: readonly Token[];
}

/**
 * Reproducible sampling: the draw depends only on the seed and on the token's index in its sequence. So a text is the same whether its
 * tokens are sampled one by one or several at once after a draft.
 */
export interface Sampling {
	/** Above 0. */
	readonly temperature: number;
	readonly topK: number;
	/** 0 to 1. */
	readonly topP: number;
	/** A non-negative integer. */
	readonly seed: number;
}

export interface TokenChoice extends TokenLimits {
	/** Greedy if undefined. */
	readonly sampling?: Sampling | undefined;
}

export interface LikelyToken {
	readonly token: Token;
	/** By the model, 0 to 1; among the allowed tokens, where only some are. */
	readonly probability: number;
}

export interface Sequence {
	readonly contextWindow: number;
	/** Whether it can be truncated to any length: recurrent states and sliding windows cannot. */
	readonly canRollBack: boolean;
	/**
	 * Appends and evaluates tokens. Cannot be interrupted: the caller splits long prompts into chunks.
	 *
	 * @param predictions for how many of the last tokens to predict the successor: 0 to prefill, 1 to decode, more to verify a draft.
	 * @param choice its limits apply to the last prediction only, its sampling to all.
	 * @returns one token per prediction; the last one follows all of `tokens`.
	 */
	evaluate(
		tokens: readonly Token[],
		predictions: number,
		choice?: TokenChoice,
	): Promise<readonly Token[]>;
	/** Like `evaluate` without sampling, with the probability of each predicted token: about 1 ms more for each at 152,000 tokens. */
	predict(
		tokens: readonly Token[],
		predictions: number,
		limits?: TokenLimits,
	): Promise<readonly LikelyToken[]>;
	/** Saves the current state so that `truncate` can return to it. Does nothing if `canRollBack`. */
	checkpoint(): Promise<void>;
	/**
	 * Drops the tokens from this index on.
	 *
	 * @returns how many are left: fewer than `length` if the state can only return to an earlier checkpoint.
	 */
	truncate(length: number): Promise<number>;
	/** Writes a KV snapshot: the tokens and their state. Rejects if the file cannot be written. */
	saveState(file: string): Promise<void>;
	/**
	 * Restores a KV snapshot. It must come from the same build, model, context window and KV type: llama.cpp may crash on any other file.
	 *
	 * @returns the restored tokens.
	 */
	loadState(file: string): Promise<readonly Token[]>;
}
