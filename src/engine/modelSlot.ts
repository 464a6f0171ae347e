/** The place for one loaded model: loads, warms up and unloads it, and remembers why it could not. */

import { assert } from "../base/assert.ts";
import type { Log } from "../base/log.ts";
import { failure, type Result, success } from "../base/result.ts";
import { formatBytes, formatMs } from "../base/units.ts";
import { modelBytes, type Plan } from "../memory/plan.ts";
import { shortfallText } from "../memory/planText.ts";
import type { ModelFile, ReadModelFile } from "../models/modelFile.ts";
import type { Device } from "../protocol/device.ts";
import type { Gpu, LoadOptions } from "../protocol/engineProtocol.ts";
import type { EngineReport, PromptBudget } from "../protocol/engineStatus.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../protocol/errors.ts";
import { KvCache } from "./kvCache.ts";
import { KvCachePool } from "./kvCachePool.ts";
import { type LoadPrice, mayLoad, priceOfLoad } from "./loadPrice.ts";
import { measureSpeed, probeWindow } from "./measureSpeed.ts";
import {
	type EngineSpeed,
	fitBudget,
	leastBudget,
	promptBudget,
	shrinkBudget,
	windowFor,
} from "./promptBudget.ts";
import type {
	CreateRuntime,
	LoadedModel,
	Runtime,
	Sequences,
} from "./runtime.ts";
import { Vocabulary } from "./vocabulary.ts";

/**
 * Tokens in one call of llama.cpp, between two looks at the abort signal. The logits buffer grows with it (300 MiB at 512
 * tokens of a vocabulary of 152,000), and smaller chunks cost a prefill 3 to 6 % against 256.
 */
export const batchTokens = 128;

/** So many files can be gone back and forth between without evaluating their prompts anew. Each costs a KV cache. */
const sequenceCount = 3;

/** Something like code, for models whose cost depends on what they read. */
const probeText = "for (const item of list) {\n\ttotal += item.price * 2;\n}\n";

export interface ReadyModel {
	readonly model: LoadedModel;
	readonly caches: KvCachePool;
	readonly vocabulary: Vocabulary;
	readonly budget: PromptBudget;
}

interface Loaded extends ReadyModel {
	readonly sequences: Sequences;
	readonly speed: EngineSpeed;
}

/** What decides how large the sequences become. */
interface LoadLimits {
	/** Of the model, or what the user allows of it. */
	readonly contextWindow: number;
	readonly latencyTargetMs: number;
	/** On the machine as it was before the load. */
	readonly price: LoadPrice | undefined;
}

export interface ModelSlotOptions {
	readonly createRuntime: CreateRuntime;
	readonly readModelFile: ReadModelFile;
	readonly report: (report: EngineReport) => void;
	readonly log: Log;
	readonly now: () => number;
}

/** Calls must not overlap: the scheduler keeps them apart. */
export class ModelSlot {
	readonly #options: ModelSlotOptions;
	#runtime: Runtime | undefined;
	#runtimeOptions: Pick<LoadOptions, "gpu" | "threads"> | undefined;
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
		const { model, budget, speed } = loaded.value;
		const { description } = model;
		log.info(
			`loaded ${description.name} (${description.quantization}, ${formatBytes(description.fileBytes)}) on ${model.backend}, ` +
				`${sequenceCount} sequences of ${windowFor(budget)} tokens, prompt order ${description.fimOrder}, in ${formatMs(now() - startMs)}`,
		);
		log.info(
			`prompts have up to ${budget.localTokens} tokens of their file and ${budget.contextTokens} of others: ` +
				`prefill ${Math.round(speed.prefillTokensPerSecond)} and decode ${Math.round(speed.decodeTokensPerSecond)} tokens per second, ` +
				`latency target ${formatMs(options.latencyTargetMs)}`,
		);
		report({ kind: "ready", model: description, budget });
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

	/** What there is to run on, whether a model is loaded or not. */
	async devices(gpu: Gpu): Promise<Result<readonly Device[], HeadroomError>> {
		if (this.#runtime && this.#runtimeOptions?.gpu === gpu)
			return success(await this.#runtime.devices());
		const { createRuntime, log } = this.#options;
		const created = await createRuntime({ gpu, threads: null, log });
		if (!created.ok) return created;
		try {
			return success(await created.value.devices());
		} finally {
			await created.value.dispose();
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
		const file = readModelFile(options.file);
		if (!file.ok) return file;
		const { description } = file.value;
		const runtime = await this.#runtimeFor(options);
		if (!runtime.ok) return runtime;

		const trained = description.trainedContextWindow;
		const limits: LoadLimits = {
			latencyTargetMs: options.latencyTargetMs,
			contextWindow: options.contextWindow ?? trained,
			price: await this.#price(file.value, runtime.value),
		};
		const least = limits.price?.(
			windowFor(fitBudget(leastBudget, limits.contextWindow)),
		);
		if (least && !mayLoad(least))
			return failure(
				createError("modelTooLarge", {
					file: options.file,
					needs: shortfallText(least),
				}),
			);

		let reported = 0;
		const model = await runtime.value.loadModel({
			description,
			onProgress: (fraction) => {
				// llama.cpp tells of every tensor; a hundred steps are enough to watch.
				if (fraction < reported + 0.01) return;
				reported = fraction;
				report({ kind: "loading", file: options.file, fraction });
			},
		});
		if (!model.ok) return model;

		try {
			const ready = await this.#prepare(model.value, limits);
			if (!ready.ok) await model.value.dispose();
			return ready;
		} catch (thrown) {
			await model.value.dispose();
			throw thrown;
		}
	}

	/** Undefined where the header does not say what is needed for that: llama.cpp may know better. */
	async #price(
		{ description, shape }: ModelFile,
		runtime: Runtime,
	): Promise<LoadPrice | undefined> {
		if (!shape.ok) {
			const { key, why } = shape.error;
			this.#options.log.warn(
				`what ${description.name} takes of memory is not known before it is loaded: "${key}" in its header: ${why}`,
			);
			return undefined;
		}
		return priceOfLoad({
			description,
			shape: shape.value,
			devices: await runtime.devices(),
			sequences: sequenceCount,
			batchTokens,
		});
	}

	/** Measures the model, and gives it the sequences whose prompts it can evaluate in time and hold in memory. */
	async #prepare(
		model: LoadedModel,
		{ contextWindow, latencyTargetMs, price }: LoadLimits,
	): Promise<Result<Loaded, HeadroomError>> {
		this.#options.report({ kind: "warmingUp", model: model.description });
		const speed = await this.#measure(model);
		if (!speed.ok) return speed;
		const wanted = fitBudget(
			promptBudget(speed.value, latencyTargetMs),
			contextWindow,
		);
		const budget = shrinkBudget(
			wanted,
			(window) => !price || mayLoad(price(window)),
		);
		if (windowFor(budget) < windowFor(wanted))
			this.#options.log.info(
				`memory has room for ${windowFor(budget)} of the ${windowFor(wanted)} tokens that there would be time for`,
			);
		const sequences = await model.createSequences({
			count: sequenceCount,
			contextWindow: windowFor(budget),
			batchTokens,
		});
		if (!sequences.ok) return sequences;
		if (price)
			this.#compare(price(windowFor(budget)), [model, sequences.value]);
		return success({
			model,
			speed: speed.value,
			budget,
			sequences: sequences.value,
			caches: new KvCachePool(sequences.value.all.map((it) => new KvCache(it))),
			vocabulary: Vocabulary.of(model),
		});
	}

	/** What came of a prediction: the log tells how good it was, and whether the model is where it was meant to be. */
	#compare(
		plan: Plan,
		[model, sequences]: readonly [LoadedModel, Sequences],
	): void {
		const { log } = this.#options;
		const all = [model.allocatedBytes, sequences.allocatedBytes];
		const vramBytes = all.reduce((sum, it) => sum + it.vramBytes, 0);
		const ramBytes = all.reduce((sum, it) => sum + it.ramBytes, 0);
		log.info(
			`memory of the model: predicted ${formatBytes(modelBytes(plan))}, allocated ${formatBytes(vramBytes + ramBytes)} ` +
				`(${formatBytes(vramBytes)} of the GPU, ${formatBytes(ramBytes)} of RAM)`,
		);
		const { gpus } = plan.request.placement;
		if (gpus.length > 0 && model.allocatedBytes.vramBytes === 0)
			log.warn(
				`${model.description.name} was meant for ${gpus.map(({ name }) => name).join(" and ")} and is in RAM: it will be slow`,
			);
	}

	/** In a sequence of its own: how large the others may be depends on what it finds. */
	async #measure(
		model: LoadedModel,
	): Promise<Result<EngineSpeed, HeadroomError>> {
		const sequences = await model.createSequences({
			count: 1,
			contextWindow: probeWindow(batchTokens),
			batchTokens,
		});
		if (!sequences.ok) return sequences;
		try {
			const [sequence] = sequences.value.all;
			assert(sequence, "the one that was asked for");
			const text = model.tokenize(probeText);
			const speed = await measureSpeed(
				sequence,
				text,
				batchTokens,
				this.#options.now,
			);
			return success(speed);
		} finally {
			await sequences.value.dispose();
		}
	}

	async #runtimeFor({
		gpu,
		threads,
	}: LoadOptions): Promise<Result<Runtime, HeadroomError>> {
		const current = this.#runtimeOptions;
		if (this.#runtime && current?.gpu === gpu && current.threads === threads)
			return success(this.#runtime);
		await this.#runtime?.dispose();
		this.#runtime = undefined;
		const { createRuntime, log } = this.#options;
		const created = await createRuntime({ gpu, threads, log });
		if (created.ok) {
			this.#runtime = created.value;
			this.#runtimeOptions = { gpu, threads };
		}
		return created;
	}
}
