/**
 * The runtime on llama.cpp, through node-llama-cpp: the one file that imports it.
 *
 * Of the library only primitives are used. Its infill, its batching default and its speculation are left alone: they
 * re-evaluate what is cached, starve a sequence, and accept one drafted token at most.
 */

import { availableParallelism } from "node:os";
import {
	getLlama,
	InsufficientMemoryError,
	type Token as LibraryToken,
	type Llama,
	type LlamaContext,
	type LlamaContextSequence,
	LlamaLogLevel,
	type LlamaModel,
	LlamaVocabularyType,
	NoBinaryFoundError,
} from "node-llama-cpp";
import { assert } from "../base/assert.ts";
import type { Log } from "../base/log.ts";
import { failure, type Result, success } from "../base/result.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../protocol/errors.ts";
import type { ModelDescription } from "../protocol/model.ts";
import type {
	CreateRuntime,
	FimTokens,
	LoadedModel,
	LoadModelOptions,
	Runtime,
	Sequence,
	SequenceOptions,
	Sequences,
	Token,
} from "./runtime.ts";

/** Greedy: the same prompt gives the same text. */
const greedy = {
	generateNext: { token: true, options: { temperature: 0 } },
} as const;

/** The library brands its tokens; ids they are all the same. */
const branded = (tokens: readonly Token[]) => tokens as LibraryToken[];

export const createLlamaRuntime: CreateRuntime = async ({
	gpu,
	threads,
	log,
}) => {
	const errors = new LastErrors();
	try {
		const llama = await getLlama({
			gpu: gpu === "auto" ? "auto" : false,
			// Nothing is ever compiled or fetched on a user's machine.
			build: "never",
			skipDownload: true,
			usePrebuiltBinaries: true,
			progressLogs: false,
			maxThreads: threads ?? defaultThreads(),
			logLevel: LlamaLogLevel.warn,
			logger: (level, message) => {
				errors.note(level, message);
				logMessage(log, level, message);
			},
		});
		if (llama.gpu !== false) {
			// Some drivers do not report what is in use: with a cap the library subtracts what it allocated itself.
			await llama.setVramCap((await llama.getVramState()).total);
		}
		return success(
			new LlamaRuntime(llama, threads ?? defaultThreads(), errors),
		);
	} catch (thrown) {
		return failure(
			createError("engineBinaryMissing", {
				platform: `${process.platform} ${process.arch}`,
				why:
					thrown instanceof NoBinaryFoundError
						? "there is no build of it for this system, or it does not start"
						: messageOf(thrown),
			}),
		);
	}
};

/** One core is left to the editor: llama.cpp's threads wait by spinning. */
function defaultThreads(): number {
	return Math.max(1, availableParallelism() - 1);
}

function logMessage(log: Log, level: LlamaLogLevel, message: string): void {
	const text = `llama.cpp: ${message.trim()}`;
	if (level === LlamaLogLevel.error || level === LlamaLogLevel.fatal)
		log.error(text);
	else if (level === LlamaLogLevel.warn) log.warn(text);
	else log.debug(text);
}

/** llama.cpp says in its log why it fails, and only there. */
class LastErrors {
	#lines: string[] = [];

	note(level: LlamaLogLevel, message: string): void {
		if (level !== LlamaLogLevel.error && level !== LlamaLogLevel.fatal) return;
		this.#lines.push(message.trim());
		if (this.#lines.length > 20) this.#lines.shift();
	}

	forget(): void {
		this.#lines = [];
	}

	/** The line that names a cause rather than one that says that something failed. */
	get cause(): string | undefined {
		const line =
			this.#lines.find((it) => /error loading model: /.test(it)) ??
			this.#lines[0];
		return line?.replace(/^.*error loading model: /, "").replace(/\.$/, "");
	}
}

class LlamaRuntime implements Runtime {
	readonly #llama: Llama;
	readonly #threads: number;
	readonly #errors: LastErrors;

	constructor(llama: Llama, threads: number, errors: LastErrors) {
		this.#llama = llama;
		this.#threads = threads;
		this.#errors = errors;
	}

	async loadModel({
		description,
		onProgress,
	}: LoadModelOptions): Promise<Result<LoadedModel, HeadroomError>> {
		this.#errors.forget();
		try {
			const model = await this.#llama.loadModel({
				modelPath: description.file,
				// All layers or none: a model spread over GPU and CPU is slower than either promises.
				gpuLayers: this.#llama.gpu === false ? 0 : "max",
				onLoadProgress: onProgress,
			});
			return success(new LlamaLoadedModel(model, description, this.#threads));
		} catch (thrown) {
			return failure(this.#loadError(description.file, thrown));
		}
	}

	async dispose(): Promise<void> {
		await this.#llama.dispose();
	}

	#loadError(file: string, thrown: unknown): HeadroomError {
		if (thrown instanceof InsufficientMemoryError)
			return createError("modelTooLarge", { file, why: messageOf(thrown) });
		return createError("modelRefused", {
			file,
			why: this.#errors.cause ?? messageOf(thrown),
		});
	}
}

class LlamaLoadedModel implements LoadedModel {
	readonly description: ModelDescription;
	readonly fimTokens: FimTokens | null;
	readonly beginningOfText: Token | null;
	readonly backend: string;
	readonly #model: LlamaModel;
	readonly #threads: number;

	constructor(
		model: LlamaModel,
		description: ModelDescription,
		threads: number,
	) {
		this.#model = model;
		this.#threads = threads;
		this.description = description;
		this.fimTokens = fimTokensOf(model);
		this.backend = backendOf(model, threads);
		this.beginningOfText = model.tokens.shouldPrependBosToken
			? model.tokens.bos
			: null;
	}

	tokenize(text: string): readonly Token[] {
		// SentencePiece would put a space of its own before the text.
		return this.#model.vocabularyType === LlamaVocabularyType.spm
			? this.#model.tokenize(text, false, "trimLeadingSpace")
			: this.#model.tokenize(text, false);
	}

	detokenize(tokens: readonly Token[], before: readonly Token[]): string {
		return this.#model.detokenize(branded(tokens), false, branded(before));
	}

	isSpecial(token: Token): boolean {
		const [it] = branded([token]);
		return this.#model.isEogToken(it) || this.#model.isSpecialToken(it);
	}

	async createSequences({
		count,
		contextWindow,
		batchTokens,
	}: SequenceOptions): Promise<Result<Sequences, HeadroomError>> {
		try {
			const context = await this.#model.createContext({
				contextSize: contextWindow,
				batchSize: batchTokens,
				sequences: count,
				threads: this.#threads,
				batching: { itemPrioritizationStrategy: "firstInFirstOut" },
			});
			return success({
				all: Array.from(
					{ length: count },
					() => new LlamaSequence(context, contextWindow),
				),
				dispose: () => context.dispose(),
			});
		} catch (thrown) {
			const { file } = this.description;
			return failure(
				createError(
					thrown instanceof InsufficientMemoryError
						? "modelTooLarge"
						: "modelRefused",
					{ file, why: messageOf(thrown) },
				),
			);
		}
	}

	async dispose(): Promise<void> {
		await this.#model.dispose();
	}
}

/** By the memory that it took: with a driver and no device for it, llama.cpp loads onto the CPU without a word. */
function backendOf(model: LlamaModel, threads: number): string {
	const { gpu } = model.llama;
	if (gpu === false || model.memoryUsage.vram === 0)
		return `CPU (${threads} ${threads === 1 ? "thread" : "threads"})`;
	return { cuda: "CUDA", vulkan: "Vulkan", metal: "Metal" }[gpu];
}

function fimTokensOf(model: LlamaModel): FimTokens | null {
	const { prefix, suffix, middle } = model.tokens.infill;
	if (prefix === null || suffix === null) return null;
	return { prefix, suffix, middle, fileSeparator: fileSeparatorOf(model) };
}

/** llama.cpp knows this token and the library does not pass it on: it is read from the header, or found by its usual names. */
function fileSeparatorOf(model: LlamaModel): Token | null {
	const metadata: unknown = model.fileInfo.metadata.tokenizer?.ggml;
	const id = (metadata as { fim_sep_token_id?: unknown } | undefined)
		?.fim_sep_token_id;
	if (typeof id === "number") return id;
	for (const name of ["<|file_sep|>", "<file_sep>"]) {
		const [token, ...rest] = model.tokenize(name, true);
		if (token !== undefined && rest.length === 0 && model.isSpecialToken(token))
			return token;
	}
	return null;
}

class LlamaSequence implements Sequence {
	readonly contextWindow: number;
	readonly #sequence: LlamaContextSequence;

	constructor(context: LlamaContext, contextWindow: number) {
		this.#sequence = context.getSequence();
		// At the last cell the library would begin to shift the context: it is kept out of reach.
		this.contextWindow = Math.min(contextWindow, context.contextSize) - 1;
	}

	async evaluate(
		tokens: readonly Token[],
		predictions: number,
	): Promise<readonly Token[]> {
		if (predictions === 0) {
			await this.#sequence.evaluateWithoutGeneratingNewTokens(branded(tokens));
			return [];
		}
		const firstPredicting = tokens.length - predictions;
		assert(firstPredicting >= 0, "no more predictions than tokens");
		const results = await this.#sequence.controlledEvaluate(
			branded(tokens).map((token, index) =>
				index < firstPredicting ? token : [token, greedy],
			),
		);
		return results.slice(firstPredicting).map((result) => {
			const next = result?.next.token;
			assert(next !== undefined && next !== null, "a prediction was asked for");
			return next;
		});
	}

	async truncate(length: number): Promise<number> {
		const end = this.#sequence.nextTokenIndex;
		if (length >= end) return end;
		// Sliding windows and recurrent states cannot be cut back: the library would evaluate all of it again, in one piece.
		if (length === 0 || this.#sequence.needsCheckpoints) {
			await this.#sequence.clearHistory();
			return 0;
		}
		await this.#sequence.eraseContextTokenRanges([{ start: length, end }]);
		return this.#sequence.nextTokenIndex;
	}
}
