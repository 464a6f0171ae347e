/** Loads one model for a role: plans it, reads its weights, prepares it, and falls back to smaller strategies while memory runs out. */

import { failure, type Result, success } from "../../base/result.ts";
import type { Plan } from "../../memory/plan/plan.ts";
import { needsOf } from "../../memory/report/memoryReasons.ts";
import type {
	LoadableFile,
	ReadModelFile,
} from "../../models/header/modelFile.ts";
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
import { saysOutOfMemory } from "../../protocol/memory/outOfMemory.ts";
import type { Role } from "../../protocol/model.ts";
import type { CreateRuntime, LoadedModel } from "../runtime/runtime.ts";
import {
	type LoadAttempt,
	type MachineAccess,
	minWindow,
	planAttempt,
	profileOf,
} from "./loadAttempt.ts";
import { Runtimes } from "./runtimes.ts";

export interface ModelLoaderOptions extends Omit<MachineAccess, "runtimes"> {
	readonly createRuntime: CreateRuntime;
	readonly readModelFile: ReadModelFile;
}

export type LoadProgress = Extract<
	EngineReport,
	{ readonly kind: "loading" | "warmingUp" }
>;

export interface LoadRequest<T> {
	readonly role: Role;
	readonly options: LoadOptions;
	/** The plans of the other models of this process. */
	readonly beside: () => readonly Plan[];
	readonly report: (progress: LoadProgress) => void;
	/** Gets everything ready that the role needs. On a failure, the loader disposes of the model. */
	readonly prepare: (
		model: LoadedModel,
		attempt: LoadAttempt,
	) => Promise<Result<T, HeadroomError>>;
}

export class ModelLoader {
	readonly #options: ModelLoaderOptions;
	readonly #machine: MachineAccess;

	constructor(options: ModelLoaderOptions) {
		this.#options = options;
		const { createRuntime, log } = options;
		this.#machine = { ...options, runtimes: new Runtimes(createRuntime, log) };
	}

	/** Never rejects: an exception here is a defect of llama.cpp or ours, and the reason of a failure. */
	async load<T>(request: LoadRequest<T>): Promise<Result<T, HeadroomError>> {
		try {
			return await this.#load(request);
		} catch (thrown) {
			const { file } = request.options;
			return failure(
				createError("modelRefused", { file, why: messageOf(thrown) }),
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

	/** After all models are disposed of. */
	dispose(): Promise<void> {
		return this.#machine.runtimes.dispose();
	}

	/** Another program may have taken memory since the plan. */
	async #load<T>(request: LoadRequest<T>): Promise<Result<T, HeadroomError>> {
		const { options, report } = request;
		const { readModelFile, log } = this.#options;
		report({ kind: "loading", file: options.file, fraction: 0 });
		const file = readModelFile(options.file);
		if (!file.ok) return file;
		const tried = new Set<string>();
		let outOfMemory: HeadroomError | undefined;
		for (;;) {
			const attempt = await planAttempt(
				file.value,
				{ options, role: request.role, tried, beside: request.beside() },
				this.#machine,
			);
			if (!attempt.ok) return outOfMemory ? failure(outOfMemory) : attempt;
			let hasWeights = false;
			const loaded = await this.#loadBy(file.value, attempt.value, {
				...request,
				prepare: (model, it) => {
					hasWeights = true;
					return request.prepare(model, it);
				},
			});
			const { strategy } = attempt.value;
			if (loaded.ok || loaded.error.code !== "modelOutOfMemory" || !strategy)
				return loaded;
			outOfMemory = loaded.error;
			log.warn(`${errorText(outOfMemory)} Trying the next fallback.`);
			// The weights take as much room there whatever the context is.
			tried.add(hasWeights ? strategy.key : strategy.place);
		}
	}

	async #loadBy<T>(
		{ description }: LoadableFile,
		attempt: LoadAttempt,
		{ report, prepare }: LoadRequest<T>,
	): Promise<Result<T, HeadroomError>> {
		const { file } = description;
		const { runtime, strategy, profile } = attempt;
		const plan = strategy?.price(minWindow(attempt));
		const named = (phase: "loading" | "warmingUp") =>
			strategy && {
				step: profile.stepKey(description, strategy, phase),
				needs: needsOf(plan),
			};
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
		if (!model.ok) return failure(withNeeds(model.error, plan));

		try {
			report({
				kind: "warmingUp",
				model: description,
				...named("warmingUp"),
			});
			const ready = await prepare(model.value, attempt);
			if (ready.ok) return ready;
			await model.value.dispose();
			return failure(withNeeds(ready.error, plan));
		} catch (thrown) {
			await model.value.dispose();
			const why = messageOf(thrown);
			if (!saysOutOfMemory(why)) throw thrown;
			return failure(
				createError("modelOutOfMemory", { file, why, needs: needsOf(plan) }),
			);
		}
	}
}

/** llama.cpp says that memory ran out, and the plan how much was needed. */
function withNeeds(
	error: HeadroomError,
	plan: Plan | undefined,
): HeadroomError {
	return error.code === "modelOutOfMemory"
		? { ...error, needs: needsOf(plan) }
		: error;
}
