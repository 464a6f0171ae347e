/** The place for one loaded model: loads, warms up and unloads it, and remembers why it could not. */

import type { Log } from "../base/log.ts";
import { failure, type Result, success } from "../base/result.ts";
import { formatBytes, formatMs } from "../base/units.ts";
import type { LoadOptions } from "../protocol/engineProtocol.ts";
import type { EngineReport } from "../protocol/engineStatus.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../protocol/errors.ts";
import type { ModelDescription } from "../protocol/model.ts";
import { KvCache } from "./kvCache.ts";
import { KvCachePool } from "./kvCachePool.ts";
import type {
	CreateRuntime,
	LoadedModel,
	Runtime,
	Sequence,
	Sequences,
} from "./runtime.ts";

/**
 * Tokens in one call of llama.cpp, between two looks at the abort signal. The logits buffer grows with it (300 MiB at 512
 * tokens of a vocabulary of 152,000), and smaller chunks cost a prefill 3 to 6 % against 256.
 */
export const batchTokens = 128;

/** Tokens of a completion's prompt at most: more context makes the first answer slower than it makes it better. */
export const maxPromptTokens = 1024;

/**
 * Room for the answer. The same for every request, so that the budget of the prompt, and with it what of the text stands in
 * it, does not change with the length that is asked for.
 */
export const answerTokens = 128;

/** What a completion can use. Every further token would cost memory for its keys and values, and hold nothing. */
const completionContextWindow = maxPromptTokens + answerTokens;

/** So many files can be gone back and forth between without evaluating their prompts anew. Each costs a KV cache. */
const sequenceCount = 3;

export interface ReadyModel {
	readonly model: LoadedModel;
	readonly caches: KvCachePool;
	/** Tokens that each cache has room for. */
	readonly contextWindow: number;
}

interface Loaded extends ReadyModel {
	readonly sequences: Sequences;
}

export interface ModelSlotOptions {
	readonly createRuntime: CreateRuntime;
	readonly readModelFile: (
		file: string,
	) => Result<ModelDescription, HeadroomError>;
	readonly report: (report: EngineReport) => void;
	readonly log: Log;
	readonly now: () => number;
}

/** Calls must not overlap: the scheduler keeps them apart. */
export class ModelSlot {
	readonly #options: ModelSlotOptions;
	#runtime: Runtime | undefined;
	#runtimeKey = "";
	#loaded: Loaded | undefined;
	#failure: HeadroomError | undefined;

	constructor(options: ModelSlotOptions) {
		this.#options = options;
	}

	/** What is loaded, or why nothing is; undefined before the first load. */
	get current(): Result<ReadyModel, HeadroomError> | undefined {
		if (this.#loaded) return success(this.#loaded);
		if (this.#failure) return failure(this.#failure);
		return undefined;
	}

	/** Replaces the model. Afterwards `current` says how that went, and so does the last report. */
	async load(options: LoadOptions): Promise<void> {
		const { report, log, now } = this.#options;
		const startMs = now();
		const loaded = await this.#replace(options);
		if (!loaded.ok) {
			this.#failure = loaded.error;
			report({ kind: "failed", error: loaded.error });
			return;
		}
		this.#loaded = loaded.value;
		const { description } = loaded.value.model;
		log.info(
			`loaded ${description.name} (${description.quantization}, ${formatBytes(description.fileBytes)}) on ${loaded.value.model.backend}, ` +
				`${sequenceCount} sequences of ${loaded.value.contextWindow} tokens, prompt order ${description.fimOrder}, in ${formatMs(now() - startMs)}`,
		);
		report({ kind: "ready", model: description });
	}

	/** What throws here is a defect of llama.cpp or ours; the slot is then empty, and says why. */
	async #replace(options: LoadOptions): Promise<Result<Loaded, HeadroomError>> {
		try {
			await this.unload();
			return await this.#load(options);
		} catch (thrown) {
			return failure(
				createError("modelRefused", {
					file: options.file,
					why: messageOf(thrown),
				}),
			);
		}
	}

	async unload(): Promise<void> {
		const loaded = this.#loaded;
		this.#loaded = undefined;
		this.#failure = undefined;
		await loaded?.sequences.dispose();
		await loaded?.model.dispose();
	}

	async dispose(): Promise<void> {
		await this.unload();
		await this.#runtime?.dispose();
		this.#runtime = undefined;
	}

	async #load(options: LoadOptions): Promise<Result<Loaded, HeadroomError>> {
		const { readModelFile, report } = this.#options;
		report({ kind: "loading", file: options.file, fraction: 0 });
		const description = readModelFile(options.file);
		if (!description.ok) return description;
		const runtime = await this.#runtimeFor(options);
		if (!runtime.ok) return runtime;

		let reported = 0;
		const model = await runtime.value.loadModel({
			description: description.value,
			onProgress: (fraction) => {
				// llama.cpp tells of every tensor; a hundred steps are enough to watch.
				if (fraction < reported + 0.01) return;
				reported = fraction;
				report({ kind: "loading", file: options.file, fraction });
			},
		});
		if (!model.ok) return model;

		const sequences = await model.value.createSequences({
			count: sequenceCount,
			contextWindow:
				options.contextWindow ??
				Math.min(
					description.value.trainedContextWindow,
					completionContextWindow,
				),
			batchTokens,
		});
		if (!sequences.ok) {
			await model.value.dispose();
			return sequences;
		}
		const { all } = sequences.value;
		report({ kind: "warmingUp", model: description.value });
		try {
			await this.#warmUp(model.value, all);
		} catch (thrown) {
			await sequences.value.dispose();
			await model.value.dispose();
			throw thrown;
		}
		return success({
			model: model.value,
			sequences: sequences.value,
			caches: new KvCachePool(all.map((it) => new KvCache(it))),
			contextWindow: Math.min(...all.map((it) => it.contextWindow)),
		});
	}

	/** The first decode builds graphs and compiles kernels: better now than under the first keystroke. */
	async #warmUp(
		model: LoadedModel,
		[sequence]: readonly Sequence[],
	): Promise<void> {
		const tokens = model.tokenize("\n");
		if (!sequence || tokens.length === 0) return;
		await sequence.evaluate(tokens, 1);
		await sequence.truncate(0);
	}

	async #runtimeFor({
		gpu,
		threads,
	}: LoadOptions): Promise<Result<Runtime, HeadroomError>> {
		const key = JSON.stringify([gpu, threads]);
		if (this.#runtime && this.#runtimeKey === key)
			return success(this.#runtime);
		await this.#runtime?.dispose();
		this.#runtime = undefined;
		const { createRuntime, log } = this.#options;
		const created = await createRuntime({ gpu, threads, log });
		if (created.ok) {
			this.#runtime = created.value;
			this.#runtimeKey = key;
		}
		return created;
	}
}
