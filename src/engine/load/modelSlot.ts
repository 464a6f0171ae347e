/** The slot for the one loaded model: loads, reports and unloads it, and keeps the reason if it could not be loaded. */

import { failure, type Result, success } from "../../base/result.ts";
import { formatBytes, formatMs } from "../../base/units.ts";
import { speculationSummary } from "../../memory/report/speculationText.ts";
import type { LoadableFile } from "../../models/header/modelFile.ts";
import type { Device } from "../../protocol/device.ts";
import type { Gpu, LoadOptions } from "../../protocol/engineProtocol.ts";
import type { EngineReport } from "../../protocol/engineStatus.ts";
import {
	createError,
	errorText,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import {
	emptyRecord,
	type MachineRecord,
} from "../../protocol/machineRecord.ts";
import type { OpenChatContext } from "../chat/modelChat.ts";
import type { CreateRuntime } from "../runtime/runtime.ts";
import { sumAllocated } from "../runtime/sumAllocated.ts";
import { sequenceCount } from "./contextSize.ts";
import {
	type LoadAttempt,
	type MachineAccess,
	minWindow,
	planAttempt,
	profileOf,
} from "./loadAttempt.ts";
import { beforeVerifying, memoryByDevice } from "./loadOutcome.ts";
import { type PrepareOptions, prepareModel } from "./prepareModel.ts";
import type { PreparedModel, ReadyModel } from "./readyModel.ts";
import { Runtimes } from "./runtimes.ts";

export interface ModelSlotOptions
	extends PrepareOptions,
		Omit<MachineAccess, "runtimes"> {
	readonly createRuntime: CreateRuntime;
	readonly report: (report: EngineReport) => void;
}

/** Calls must not overlap: the scheduler serializes them. */
export class ModelSlot {
	readonly #options: ModelSlotOptions;
	readonly #machine: MachineAccess;
	#loaded: PreparedModel | undefined;
	#failure: HeadroomError | undefined;

	constructor(options: ModelSlotOptions) {
		this.#options = options;
		const { createRuntime, log } = options;
		this.#machine = { ...options, runtimes: new Runtimes(createRuntime, log) };
	}

	/** The loaded model, or why there is none; undefined before the first load. */
	get current(): Result<ReadyModel, HeadroomError> | undefined {
		if (this.#loaded) return success(this.#loaded);
		if (this.#failure) return failure(this.#failure);
		return undefined;
	}

	/** Replaces the model. Afterwards `current` holds the outcome; the last report is `ready` or `failed`. */
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
		const { model, budget, report: loadReport } = loaded.value;
		const { description } = model;
		log.info(
			`loaded ${description.name} (${description.quantization}, ${formatBytes(description.fileBytes)}) on ${model.backend}, ` +
				`${sequenceCount} sequences of ${loadReport.contextWindow} tokens, KV cache ${loadReport.kvType}, prompt order ${description.fimOrder}, in ${formatMs(now() - startMs)}`,
		);
		log.info(
			`prompts have up to ${budget.localTokens} tokens of their own file and ${budget.contextTokens} of others: ` +
				`prefill ${Math.round(loadReport.prefillTokensPerSecond)} and decode ${Math.round(loadReport.decodeTokensPerSecond)} tokens per second, ` +
				`latency target ${formatMs(options.latencyTargetMs)}`,
		);
		log.info(speculationSummary(options.speculation, loadReport));
		if (loadReport.warning) log.warn(errorText(loadReport.warning));
		report({ kind: "ready", model: description, budget, load: loadReport });
	}

	/** An exception here is a defect of llama.cpp or ours: it becomes the reason why the slot is empty. */
	async #replace(
		options: LoadOptions,
	): Promise<Result<PreparedModel, HeadroomError>> {
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

	/** The compute devices of the machine, whether or not a model is loaded. */
	async devices(
		gpu: Gpu,
		record: MachineRecord = emptyRecord,
	): Promise<Result<readonly Device[], HeadroomError>> {
		const runtime = await this.#machine.runtimes.get({ gpu, threads: null });
		if (!runtime.ok) return runtime;
		const profile = profileOf(record, runtime.value, this.#machine);
		return success(profile.measured(await runtime.value.devices()));
	}

	/** Adds a context that was created after the load to the reported memory. */
	addContext({ plan, allocatedBytes }: OpenChatContext): void {
		const loaded = this.#loaded;
		if (!loaded?.observed || !plan) return;
		const { observed, report } = loaded;
		const allocated = sumAllocated(observed.allocated, allocatedBytes);
		const memory = memoryByDevice(beforeVerifying(plan), {
			...observed,
			allocated,
		});
		const { chatWindow: openChatWindow } = report;
		this.#loaded = { ...loaded, report: { ...report, openChatWindow, memory } };
	}

	async unload(): Promise<void> {
		const loaded = this.#loaded;
		this.#loaded = undefined;
		this.#failure = undefined;
		try {
			if (loaded?.chat.ok) await loaded.chat.value.dispose();
			await loaded?.draft?.dispose();
			await loaded?.sequences.dispose();
		} finally {
			await loaded?.model.dispose();
		}
	}

	async dispose(): Promise<void> {
		await this.unload();
		await this.#machine.runtimes.dispose();
	}

	/** Falls back to smaller strategies while llama.cpp runs out of memory: another program may have taken some since the plan. */
	async #load(
		options: LoadOptions,
	): Promise<Result<PreparedModel, HeadroomError>> {
		const { readModelFile, report, log } = this.#options;
		report({ kind: "loading", file: options.file, fraction: 0 });
		const file = readModelFile(options.file);
		if (!file.ok) return file;
		const tried = new Set<string>();
		let outOfMemory: HeadroomError | undefined;
		for (;;) {
			const attempt = await planAttempt(
				file.value,
				options,
				tried,
				this.#machine,
			);
			if (!attempt.ok) return outOfMemory ? failure(outOfMemory) : attempt;
			const loaded = await this.#loadBy(file.value, attempt.value);
			const { strategy } = attempt.value;
			if (loaded.ok || loaded.error.code !== "modelOutOfMemory" || !strategy)
				return loaded;
			outOfMemory = loaded.error;
			log.warn(`${errorText(outOfMemory)} Trying the next fallback.`);
			tried.add(strategy.key);
		}
	}

	async #loadBy(
		{ description }: LoadableFile,
		attempt: LoadAttempt,
	): Promise<Result<PreparedModel, HeadroomError>> {
		const { report } = this.#options;
		const { file } = description;
		const { runtime, strategy, profile } = attempt;
		const plan = strategy?.price(minWindow(attempt));
		const named = (phase: "loading" | "warmingUp") =>
			strategy && { step: profile.stepKey(description, strategy, phase) };
		const loading = { kind: "loading", file, ...named("loading") } as const;
		report({ ...loading, fraction: 0 });

		let reported = 0;
		const model = await runtime.loadModel({
			description,
			gpuLayers: plan?.request.offloadedLayers,
			mapsFile: plan?.mapsFile,
			onProgress: (fraction) => {
				// llama.cpp calls this for every tensor; report whole percents only.
				if (fraction < reported + 0.01) return;
				reported = fraction;
				report({ ...loading, fraction });
			},
		});
		if (!model.ok) return model;

		try {
			report({
				kind: "warmingUp",
				model: description,
				...named("warmingUp"),
			});
			const ready = await prepareModel(model.value, attempt, this.#options);
			if (!ready.ok) await model.value.dispose();
			return ready;
		} catch (thrown) {
			await model.value.dispose();
			throw thrown;
		}
	}
}
