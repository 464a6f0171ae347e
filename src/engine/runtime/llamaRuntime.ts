/**
 * The runtime on llama.cpp, through node-llama-cpp: the one file that imports it.
 *
 * Of the library only primitives are used. Its infill, its batching default and its speculation are left alone: they
 * re-evaluate what is cached, starve a sequence, and accept one drafted token at most.
 */

import { availableParallelism, cpus } from "node:os";
import {
	type ControlledEvaluateInputItem,
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
	TokenBias,
} from "node-llama-cpp";
import { assert } from "../../base/assert.ts";
import type { Log } from "../../base/log.ts";
import { failure, type Result, success } from "../../base/result.ts";
import type { Device } from "../../protocol/device.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import type { ModelDescription } from "../../protocol/model.ts";
import { reportedDevices } from "./reportedDevices.ts";
import type {
	AllocatedBytes,
	CreateRuntime,
	FimTokens,
	LikelyToken,
	LoadedModel,
	LoadModelOptions,
	Runtime,
	Sampling,
	Sequence,
	SequenceOptions,
	Sequences,
	Token,
	TokenChoice,
} from "./runtime.ts";
import { seedAt } from "./sampling.ts";

/** Greedy: the same prompt gives the same text. */
const greedy = {
	generateNext: { token: true, options: { temperature: 0 } },
} as const;

/**
 * The most probable tokens with their probabilities, the first before all others. Top-k comes first, because without it the library sorts the
 * whole vocabulary (11 ms for 152 k tokens); what lies beyond it is left out of the sum, which matters only where the first is improbable anyway.
 * At a temperature of 0 the library would apply no top-k.
 */
const argmaxWithProbability = {
	generateNext: {
		probabilities: true,
		options: { temperature: 1, topK: 64, topP: 1, minP: 0, seed: 0 },
	},
} as const;

/** How the next token is chosen. */
type Choice = Exclude<ControlledEvaluateInputItem, LibraryToken>[1];

/** Added to a logit, it puts a token before all others and keeps the order of those that it is added to. */
const preferredLogit = 1000;

/** More are never needed: one behind the context, one behind the file, and those of the prompt before. */
const maxCheckpoints = 4;

const libraryKvTypes = { f16: "F16", q8_0: "Q8_0" } as const;

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
			// One evaluation runs at a time, and each context is told its threads: to share them out between a model and its draft, the library
			// would wait with every change from one to the other.
			maxThreads: 0,
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
export function defaultThreads(): number {
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

	get build(): string {
		return this.#llama.llamaCppRelease.release;
	}

	async devices(): Promise<readonly Device[]> {
		const ram = await this.#llama.getRamState();
		const vram = await this.#llama.getVramState();
		return reportedDevices({
			backend: this.#llama.gpu,
			gpuNames: await this.#llama.getGpuDeviceNames(),
			vram: {
				totalBytes: vram.total,
				freeBytes: vram.free,
				unifiedBytes: vram.unifiedSize,
			},
			ram: { totalBytes: ram.total, freeBytes: ram.free },
			cpuName: cpus()[0]?.model ?? "",
			cpuFeatures: this.#llama.systemInfo,
		});
	}

	async loadModel({
		description,
		gpuLayers,
		mapsFile,
		onProgress,
	}: LoadModelOptions): Promise<Result<LoadedModel, HeadroomError>> {
		this.#errors.forget();
		try {
			const model = await this.#llama.loadModel({
				modelPath: description.file,
				gpuLayers: this.#llama.gpu === false ? 0 : (gpuLayers ?? "max"),
				...(mapsFile !== undefined && {
					useMmap: mapsFile,
					// What is planned fits. The library's check simulates the largest context that there is room for, and llama.cpp ends the process
					// where a driver cannot take one of its tensors.
					ignoreMemorySafetyChecks: true,
				}),
				onLoadProgress: onProgress,
			});
			return success(
				new LlamaLoadedModel(model, description, {
					threads: this.#threads,
					isPlanned: mapsFile !== undefined,
					devices: () => this.devices(),
				}),
			);
		} catch (thrown) {
			return failure(this.#loadError(description.file, thrown));
		}
	}

	async dispose(): Promise<void> {
		await this.#llama.dispose();
	}

	#loadError(file: string, thrown: unknown): HeadroomError {
		if (thrown instanceof InsufficientMemoryError)
			return createError("modelOutOfMemory", { file, why: messageOf(thrown) });
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
	readonly specialTexts: LoadedModel["specialTexts"];
	readonly backend: string;
	readonly devices: () => Promise<readonly Device[]>;
	readonly #model: LlamaModel;
	readonly #threads: number;
	readonly #isPlanned: boolean;
	readonly #special = new Map<Token, boolean>();

	constructor(
		model: LlamaModel,
		description: ModelDescription,
		{
			threads,
			isPlanned,
			devices,
		}: {
			readonly threads: number;
			readonly isPlanned: boolean;
			readonly devices: () => Promise<readonly Device[]>;
		},
	) {
		this.#model = model;
		this.devices = devices;
		this.#threads = threads;
		this.#isPlanned = isPlanned;
		this.description = description;
		this.fimTokens = fimTokensOf(model);
		this.backend = backendOf(model, threads);
		this.beginningOfText = model.tokens.shouldPrependBosToken
			? model.tokens.bos
			: null;
		this.specialTexts = {
			beginningOfText: model.tokens.bosString ?? "",
			endOfText: model.tokens.eosString ?? "",
		};
	}

	get allocatedBytes(): AllocatedBytes {
		return allocatedBytes(this.#model.memoryUsage);
	}

	tokenize(text: string): readonly Token[] {
		// SentencePiece would put a space of its own before the text.
		return this.#model.vocabularyType === LlamaVocabularyType.spm
			? this.#model.tokenize(text, false, "trimLeadingSpace")
			: this.#model.tokenize(text, false);
	}

	tokenizeTemplate(text: string): readonly Token[] {
		const whole = (it: string) => this.#model.tokenize(it, true);
		if (this.#model.vocabularyType !== LlamaVocabularyType.spm)
			return whole(text);
		// The library's own way to leave out that space lets it stand where special tokens are looked for.
		const line = whole("\n");
		const behindLine = whole(`\n${text}`);
		return line.every((token, at) => behindLine[at] === token)
			? behindLine.slice(line.length)
			: whole(text);
	}

	detokenize(tokens: readonly Token[], before: readonly Token[]): string {
		return this.#model.detokenize(branded(tokens), false, branded(before));
	}

	allTokens(): readonly Token[] {
		return [...this.#model.iterateAllTokens()];
	}

	/** Asked for each token of each draft, and the library goes into native code for it. */
	isSpecial(token: Token): boolean {
		const known = this.#special.get(token);
		if (known !== undefined) return known;
		const [it] = branded([token]);
		const found = this.#model.isEogToken(it) || this.#model.isSpecialToken(it);
		this.#special.set(token, found);
		return found;
	}

	async createSequences({
		count,
		contextWindow,
		batchTokens,
		kvType,
	}: SequenceOptions): Promise<Result<Sequences, HeadroomError>> {
		try {
			const context = await this.#model.createContext({
				contextSize: contextWindow,
				batchSize: batchTokens,
				sequences: count,
				threads: this.#threads,
				ignoreMemorySafetyChecks: this.#isPlanned,
				experimentalKvCacheKeyType: libraryKvTypes[kvType],
				experimentalKvCacheValueType: libraryKvTypes[kvType],
				batching: { itemPrioritizationStrategy: "firstInFirstOut" },
			});
			return success({
				all: Array.from(
					{ length: count },
					() => new LlamaSequence(context, contextWindow),
				),
				allocatedBytes: allocatedBytes(context.memoryUsage),
				dispose: () => context.dispose(),
			});
		} catch (thrown) {
			const { file } = this.description;
			return failure(
				createError(
					thrown instanceof InsufficientMemoryError
						? "modelOutOfMemory"
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

function allocatedBytes({
	vram,
	ram,
}: LlamaModel["memoryUsage"]): AllocatedBytes {
	return { vramBytes: vram, ramBytes: ram };
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
	return {
		prefix,
		suffix,
		middle,
		fileSeparator: specialToken(model, "fim_sep_token_id", [
			"<|file_sep|>",
			"<file_sep>",
		]),
		repositoryName: specialToken(model, "fim_rep_token_id", [
			"<|repo_name|>",
			"<|reponame|>",
			"<reponame>",
			"<repo_name>",
		]),
	};
}

/** For tokens that llama.cpp knows and the library does not pass on: read from the header, or found by their usual names. */
function specialToken(
	model: LlamaModel,
	key: "fim_sep_token_id" | "fim_rep_token_id",
	names: readonly string[],
): Token | null {
	const metadata: unknown = model.fileInfo.metadata.tokenizer?.ggml;
	const id = (metadata as { [name in typeof key]?: unknown } | undefined)?.[
		key
	];
	if (typeof id === "number") return id;
	for (const name of names) {
		const [token, ...rest] = model.tokenize(name, true);
		if (token !== undefined && rest.length === 0 && model.isSpecialToken(token))
			return token;
	}
	return null;
}

class LlamaSequence implements Sequence {
	readonly contextWindow: number;
	readonly #sequence: LlamaContextSequence;
	readonly #biases = new WeakMap<readonly Token[], TokenBias>();

	constructor(context: LlamaContext, contextWindow: number) {
		this.#sequence = context.getSequence({
			// They are taken where a prompt needs them, and nowhere else.
			checkpoints: { max: maxCheckpoints, interval: false },
		});
		// At the last cell the library would begin to shift the context: it is kept out of reach.
		this.contextWindow = Math.min(contextWindow, context.contextSize) - 1;
	}

	get canRollBack(): boolean {
		return !this.#sequence.needsCheckpoints;
	}

	async evaluate(
		tokens: readonly Token[],
		predictions: number,
		choice: TokenChoice = {},
	): Promise<readonly Token[]> {
		if (predictions === 0) {
			await this.#sequence.evaluateWithoutGeneratingNewTokens(branded(tokens));
			return [];
		}
		const last = tokens.length - 1;
		const firstPredicting = tokens.length - predictions;
		assert(firstPredicting >= 0, "no more predictions than tokens");
		const { sampling } = choice;
		const start = this.#sequence.nextTokenIndex;
		const results = await this.#sequence.controlledEvaluate(
			branded(tokens).map((token, index) => {
				if (index < firstPredicting) return token;
				const limits = index === last ? choice : {};
				return [token, this.#choice({ ...limits, sampling }, start + index)];
			}),
		);
		return results.slice(firstPredicting).map((result) => {
			const next = result?.next.token;
			assert(next !== undefined && next !== null, "a prediction was asked for");
			return next;
		});
	}

	async argmax(tokens: readonly Token[]): Promise<LikelyToken> {
		const last = tokens.length - 1;
		const results = await this.#sequence.controlledEvaluate(
			branded(tokens).map((token, index) =>
				index === last ? [token, argmaxWithProbability] : token,
			),
		);
		const [first] = results[last]?.next.probabilities ?? [];
		assert(first !== undefined, "a prediction was asked for");
		const [token, probability] = first;
		return { token, probability };
	}

	async checkpoint(): Promise<void> {
		await this.#sequence.takeCheckpoint();
	}

	async truncate(length: number): Promise<number> {
		const end = this.#sequence.nextTokenIndex;
		if (length >= end) return end;
		const start = this.#cuttableLength(length);
		if (start === 0) {
			await this.#sequence.clearHistory();
			return 0;
		}
		await this.#sequence.eraseContextTokenRanges([{ start, end }]);
		return this.#sequence.nextTokenIndex;
	}

	async saveState(file: string): Promise<void> {
		await this.#sequence.saveStateToFile(file);
	}

	async loadState(file: string): Promise<readonly Token[]> {
		await this.#sequence.loadStateFromFile(file, { acceptRisk: true });
		return this.#sequence.contextTokens;
	}

	/**
	 * Sliding windows and recurrent states can be cut back to their checkpoints alone. Asked for any other place, the library evaluates
	 * what lies between once more, in one piece that nothing can interrupt: so it is asked for the checkpoint itself.
	 */
	#cuttableLength(length: number): number {
		if (length === 0 || !this.#sequence.needsCheckpoints) return length;
		const lastKept = length - 1;
		const missing =
			this.#sequence.getRestoreToPrefixIndexEvaluationSize(lastKept);
		// Without any checkpoint it counts from the second token on.
		return missing >= lastKept ? 0 : length - missing;
	}

	/** Half a vocabulary takes a while: the same list is only made into a bias once. */
	#preferring(allowed: readonly Token[]): TokenBias {
		const known = this.#biases.get(allowed);
		if (known) return known;
		const made = this.#bias(allowed, []);
		this.#biases.set(allowed, made);
		return made;
	}

	#bias(
		allowed: readonly Token[] | undefined,
		banned: readonly Token[],
	): TokenBias {
		const tokenBias = new TokenBias(this.#sequence.model.tokenizer);
		for (const token of branded(allowed ?? []))
			tokenBias.set(token, { logit: preferredLogit });
		for (const token of branded(banned)) tokenBias.set(token, "never");
		return tokenBias;
	}

	/** @param index of the token that it follows. */
	#choice({ allowed, banned, sampling }: TokenChoice, index: number): Choice {
		if (!allowed && !banned && !sampling) return greedy;
		const tokenBias = banned?.length
			? this.#bias(allowed, banned)
			: allowed && this.#preferring(allowed);
		return {
			generateNext: {
				token: true,
				options: {
					...(sampling ? samplerOptions(sampling, index) : { temperature: 0 }),
					...(tokenBias && { tokenBias }),
				},
			},
		};
	}
}

function samplerOptions(
	{ temperature, topK, topP, seed }: Sampling,
	index: number,
) {
	return { temperature, topK, topP, seed: seedAt(seed, index) };
}
