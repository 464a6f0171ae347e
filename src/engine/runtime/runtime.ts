/**
 * What the engine needs of llama.cpp, and nothing of how a library offers it.
 *
 * Invariant: everything above this port works on token ids and is tested with a fake; `llamaRuntime.ts` is the
 * one real implementation.
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
	/** Null leaves one core free: llama.cpp's threads spin, and collapse when every core is busy. */
	readonly threads: number | null;
	readonly log: Log;
}

export type CreateRuntime = (
	options: RuntimeOptions,
) => Promise<Result<Runtime, HeadroomError>>;

export interface Runtime {
	/** Of llama.cpp. */
	readonly build: string;
	/** What there is to run on, with its memory as it is now. */
	devices(): Promise<readonly Device[]>;
	loadModel(
		options: LoadModelOptions,
	): Promise<Result<LoadedModel, HeadroomError>>;
	dispose(): Promise<void>;
}

/** Of llama.cpp's own buffers, as it counts them itself. */
export interface AllocatedBytes {
	readonly vramBytes: number;
	readonly ramBytes: number;
}

export interface LoadModelOptions {
	readonly description: ModelDescription;
	/** How many of the layers, and the head as one more, are on the GPU: the last ones. All of them unless said. */
	readonly gpuLayers?: number | undefined;
	/**
	 * Whether the file is mapped into memory or read. Undefined where there is no plan: then the library decides, and whether to try at
	 * all.
	 */
	readonly mapsFile: boolean | undefined;
	/** 0 to 1, rising. */
	readonly onProgress: (fraction: number) => void;
}

/** Tokens by the ids that the model file itself gives them. */
export interface FimTokens {
	readonly prefix: Token;
	readonly suffix: Token;
	/** Some models have none: there the text after the cursor comes first and the prompt ends with the prefix. */
	readonly middle: Token | null;
	/** Stands before the path of a file, in models that were trained with paths. */
	readonly fileSeparator: Token | null;
	/** Stands before the name of a repository, in models that were trained with whole ones. */
	readonly repositoryName: Token | null;
}

export interface LoadedModel {
	readonly description: ModelDescription;
	/** Where its weights really are, such as `CPU (3 threads)` or `Vulkan`. */
	readonly backend: string;
	/** Its weights. */
	readonly allocatedBytes: AllocatedBytes;
	/** As its runtime tells of them; safe to call while the model works. Rejects where the runtime is gone. */
	devices(): Promise<readonly Device[]>;
	/** Null for models that were not made to fill in the middle. */
	readonly fimTokens: FimTokens | null;
	/** What every prompt must begin with, where the model wants that. */
	readonly beginningOfText: Token | null;
	/** What its template calls these tokens, whether it wants them or not; empty where it has none. */
	readonly specialTexts: {
		readonly beginningOfText: string;
		readonly endOfText: string;
	};
	/** Text as plain text: nothing in it is taken for a special token. */
	tokenize(text: string): readonly Token[];
	/** Text of a template: special tokens in it are these tokens. Nothing is put before it. */
	tokenizeTemplate(text: string): readonly Token[];
	/** @param before the tokens before, on which the first character may depend. */
	detokenize(tokens: readonly Token[], before: readonly Token[]): string;
	allTokens(): readonly Token[];
	/** True for tokens that end a text and for all others that are not text themselves. */
	isSpecial(token: Token): boolean;
	/** KV caches for `count` sequences of at most `contextWindow` tokens each, evaluated `batchTokens` at a time. */
	createSequences(
		options: SequenceOptions,
	): Promise<Result<Sequences, HeadroomError>>;
	dispose(): Promise<void>;
}

export interface SequenceOptions {
	readonly count: number;
	/** Tokens of each sequence. */
	readonly contextWindow: number;
	readonly batchTokens: number;
	readonly kvType: KvType;
}

/** What shares one allocation of memory, and is freed as one. */
export interface Sequences {
	readonly all: readonly Sequence[];
	/** KV caches and buffers. */
	readonly allocatedBytes: AllocatedBytes;
	dispose(): Promise<void>;
}

/** Which tokens may be chosen. */
export interface TokenLimits {
	/** No others than these. */
	readonly allowed?: readonly Token[];
	/** Not these. */
	readonly banned?: readonly Token[];
}

/**
 * Chance, made repeatable: what is drawn depends on the seed and on the place of the token in its sequence, and on nothing else. So a text
 * comes out the same whether its tokens are drawn one by one or several at once behind a draft.
 */
export interface Sampling {
	/** Above 0. */
	readonly temperature: number;
	/** Only so many of the likeliest. */
	readonly topK: number;
	/** Only the likeliest that have this probability together, 0 to 1. */
	readonly topP: number;
	/** Not negative. */
	readonly seed: number;
}

export interface TokenChoice extends TokenLimits {
	/** The likeliest token where there is none. */
	readonly sampling?: Sampling | undefined;
}

export interface LikelyToken {
	readonly token: Token;
	/** As the model gives it, 0 to 1. */
	readonly probability: number;
}

export interface Sequence {
	readonly contextWindow: number;
	/** Whether it can be cut back to any length: recurrent states and sliding windows cannot. */
	readonly canRollBack: boolean;
	/**
	 * Evaluates tokens behind those that are there. Cannot be interrupted: what may take long is cut into pieces by
	 * the caller.
	 *
	 * @param predictions for how many of the last tokens to say what follows: 0 to fill the cache, 1 to decode,
	 * more to verify a draft.
	 * @param choice limits hold for what follows after all of `tokens`, sampling for every prediction.
	 * @returns as many tokens as there are predictions: the last follows after all of `tokens`.
	 */
	evaluate(
		tokens: readonly Token[],
		predictions: number,
		choice?: TokenChoice,
	): Promise<readonly Token[]>;
	/** Evaluates tokens behind those that are there, and tells the likeliest token after them. */
	argmax(tokens: readonly Token[]): Promise<LikelyToken>;
	/**
	 * Remembers the state as it is here, where the state cannot be cut back to any other place, so that `truncate` can come back to
	 * it. Does nothing where it can.
	 */
	checkpoint(): Promise<void>;
	/**
	 * Forgets the tokens from this index on.
	 *
	 * @returns how many are left: fewer where the model's state cannot be cut back there.
	 */
	truncate(length: number): Promise<number>;
	/** Writes its tokens and what was evaluated of them. Rejects where the file cannot be written. */
	saveState(file: string): Promise<void>;
	/**
	 * Becomes what was saved, by the same build, of the same model with the same context window and KV type: llama.cpp does not survive every
	 * other file.
	 *
	 * @returns the tokens.
	 */
	loadState(file: string): Promise<readonly Token[]>;
}
