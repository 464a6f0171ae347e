/** The place for one loaded model: loads, warms up and unloads it, and remembers why it could not. */

import { statSync } from "node:fs";
import { assert, assertNever } from "../../base/assert.ts";
import type { Log } from "../../base/log.ts";
import { failure, type Result, success } from "../../base/result.ts";
import { formatBytes, formatMs } from "../../base/units.ts";
import type { KvType } from "../../memory/plan/modelCost.ts";
import {
	admits,
	heldBytes,
	type Plan,
	planFor,
} from "../../memory/plan/plan.ts";
import { refusalReasons } from "../../memory/report/memoryReasons.ts";
import { speculationSummary } from "../../memory/report/speculationText.ts";
import type {
	LoadableFile,
	ReadModelFile,
} from "../../models/header/modelFile.ts";
import type { ReadVocabulary } from "../../models/header/readVocabulary.ts";
import type { Device } from "../../protocol/device.ts";
import type { Gpu, LoadOptions } from "../../protocol/engineProtocol.ts";
import type {
	EngineReport,
	LoadReport,
	PromptBudget,
} from "../../protocol/engineStatus.ts";
import {
	createError,
	errorText,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import {
	emptyRecord,
	type Learned,
	type MachineRecord,
} from "../../protocol/machineRecord.ts";
import type { ModelDescription } from "../../protocol/model.ts";
import type { Speculation as SpeculationSetting } from "../../protocol/speculation.ts";
import { type ChatContext, ModelChat } from "../chat/modelChat.ts";
import { Vocabulary } from "../decode/vocabulary.ts";
import { KvCache } from "../kv/kvCache.ts";
import { KvCachePool } from "../kv/kvCachePool.ts";
import {
	type MeasuredSpeed,
	measureSpeed,
	measureVerifying,
	probeWindow,
} from "../measure/measureSpeed.ts";
import {
	type EngineSpeed,
	fitBudget,
	minBudget,
	promptBudget,
	shrinkBudget,
	windowFor,
} from "../measure/promptBudget.ts";
import { VerifyCosts } from "../measure/verifyCosts.ts";
import type {
	CreateRuntime,
	LoadedModel,
	Runtime,
	Sequences,
} from "../runtime/runtime.ts";
import type { TimeSlicer } from "../schedule/timeSlicer.ts";
import {
	type BesideModel,
	loadDraft,
	type ModelDraft,
	sumOf,
} from "../speculation/modelDraft.ts";
import { ModelSpeculation } from "../speculation/modelSpeculation.ts";
import { heldMemory, mismatchOf, type Observed } from "./loadOutcome.ts";
import {
	chooseStrategy,
	evenParts,
	type LoadStrategy,
} from "./loadStrategies.ts";
import { MachineProfile } from "./machineProfile.ts";

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
	/** Undefined where it is switched off. */
	readonly speculation: ModelSpeculation | undefined;
	/** Or why it cannot have conversations. */
	readonly chat: Result<ModelChat, HeadroomError>;
	/** Tokens that are evaluated at once while someone may be typing. */
	readonly chunkTokens: number;
	readonly budget: PromptBudget;
	readonly report: LoadReport;
}

interface Loaded extends ReadyModel {
	readonly sequences: Sequences;
	readonly draft: ModelDraft | undefined;
	/** Undefined where the load could not be planned. */
	readonly observed: Observed | undefined;
}

interface Measured {
	readonly speed: MeasuredSpeed;
	/** Undefined where nothing is to be drafted, or nothing could be taken back. */
	readonly verifyCosts: VerifyCosts | undefined;
}

/** How a load is to be done. */
interface Attempt {
	readonly file: LoadableFile;
	readonly runtime: Runtime;
	/** Undefined where the header does not say what is needed for a plan: llama.cpp may know better. */
	readonly step: LoadStrategy | undefined;
	/** The machine as it is before the load, and what is known of it. */
	readonly devices: readonly Device[];
	readonly knowledge: MachineProfile;
	/** Of the model, or what the user allows of it. */
	readonly contextWindow: number;
	readonly latencyTargetMs: number;
	readonly speculation: SpeculationSetting;
	/** Files of models that may draft, best first. */
	readonly drafts: readonly string[];
}

export interface ModelSlotOptions {
	readonly createRuntime: CreateRuntime;
	readonly readModelFile: ReadModelFile;
	readonly readVocabulary: ReadVocabulary;
	readonly report: (report: EngineReport) => void;
	readonly log: Log;
	readonly now: () => number;
	/** Since the epoch. */
	readonly epochMs: () => number;
	/** Names the graphics driver: another name after it changed. */
	readonly driver: string;
	/** Bytes per second; undefined where that cannot be told. */
	readonly measureRam: (threads: number | null) => Promise<number | undefined>;
	readonly learn: (learned: Learned) => void;
	/** Of conversations. */
	readonly slicer: TimeSlicer;
}

/** Calls must not overlap: the scheduler keeps them apart. */
export class ModelSlot {
	readonly #options: ModelSlotOptions;
	/** Kept to the end, by their options: after a failed load the library's never finishes to dispose of itself. */
	readonly #runtimes = new Map<string, Runtime>();
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
		const { model, budget, report: loadReport } = loaded.value;
		const { description } = model;
		log.info(
			`loaded ${description.name} (${description.quantization}, ${formatBytes(description.fileBytes)}) on ${model.backend}, ` +
				`${sequenceCount} sequences of ${loadReport.contextWindow} tokens, KV cache ${loadReport.kvType}, prompt order ${description.fimOrder}, in ${formatMs(now() - startMs)}`,
		);
		log.info(
			`prompts have up to ${budget.localTokens} tokens of their file and ${budget.contextTokens} of others: ` +
				`prefill ${Math.round(loadReport.prefillTokensPerSecond)} and decode ${Math.round(loadReport.decodeTokensPerSecond)} tokens per second, ` +
				`latency target ${formatMs(options.latencyTargetMs)}`,
		);
		log.info(speculationSummary(options.speculation, loadReport));
		if (loadReport.warning) log.warn(errorText(loadReport.warning));
		report({ kind: "ready", model: description, budget, load: loadReport });
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
	async devices(
		gpu: Gpu,
		record: MachineRecord = emptyRecord,
	): Promise<Result<readonly Device[], HeadroomError>> {
		const runtime = await this.#runtimeFor({ gpu, threads: null });
		if (!runtime.ok) return runtime;
		const knowledge = this.#knowledge(record, runtime.value);
		return success(knowledge.measured(await runtime.value.devices()));
	}

	/** What a context takes that is made after the load belongs to what the model holds. */
	addContext({ plan, allocatedBytes }: ChatContext): void {
		const loaded = this.#loaded;
		if (!loaded?.observed || !plan) return;
		const { observed, report } = loaded;
		const allocated = sumOf(observed.allocated, allocatedBytes);
		const memory = heldMemory(asLoaded(plan), { ...observed, allocated });
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
		for (const runtime of this.#runtimes.values()) await runtime.dispose();
		this.#runtimes.clear();
	}

	/** One step smaller as long as llama.cpp finds too little memory: another program may have taken some since it was planned. */
	async #load(options: LoadOptions): Promise<Result<Loaded, HeadroomError>> {
		const { readModelFile, report, log } = this.#options;
		report({ kind: "loading", file: options.file, fraction: 0 });
		const file = readModelFile(options.file);
		if (!file.ok) return file;
		const tried = new Set<string>();
		let outOfMemory: HeadroomError | undefined;
		for (;;) {
			const attempt = await this.#attempt(file.value, options, tried);
			if (!attempt.ok) return outOfMemory ? failure(outOfMemory) : attempt;
			const loaded = await this.#loadBy(file.value, attempt.value);
			const { step } = attempt.value;
			if (loaded.ok || loaded.error.code !== "modelOutOfMemory" || !step)
				return loaded;
			outOfMemory = loaded.error;
			log.warn(`${errorText(outOfMemory)} Another way is tried.`);
			tried.add(step.key);
		}
	}

	async #loadBy(
		{ description }: LoadableFile,
		attempt: Attempt,
	): Promise<Result<Loaded, HeadroomError>> {
		const { report } = this.#options;
		const { file } = description;
		const { runtime, step, knowledge } = attempt;
		const plan = step?.price(minWindow(attempt));
		const named = (phase: "loading" | "warmingUp") =>
			step && { step: knowledge.stepKey(description, step, phase) };
		const loading = { kind: "loading", file, ...named("loading") } as const;
		report({ ...loading, fraction: 0 });

		let reported = 0;
		const model = await runtime.loadModel({
			description,
			gpuLayers: plan?.request.offloadedLayers,
			mapsFile: plan?.mapsFile,
			onProgress: (fraction) => {
				// llama.cpp tells of every tensor; a hundred steps are enough to watch.
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
			const ready = await this.#prepare(model.value, attempt);
			if (!ready.ok) await model.value.dispose();
			return ready;
		} catch (thrown) {
			await model.value.dispose();
			throw thrown;
		}
	}

	/** How to load it, before anything of it is in memory; or why not at all, with the arithmetic. */
	async #attempt(
		file: LoadableFile,
		options: LoadOptions,
		tried: ReadonlySet<string>,
	): Promise<Result<Attempt, HeadroomError>> {
		const { description, shape } = file;
		const runtime = await this.#runtimeFor(options);
		if (!runtime.ok) return runtime;
		const knowledge = this.#knowledge(
			options.record ?? emptyRecord,
			runtime.value,
		);
		const attempt: Attempt = {
			file,
			runtime: runtime.value,
			step: undefined,
			knowledge,
			devices: await this.#devicesFor(runtime.value, knowledge, options),
			contextWindow: options.contextWindow ?? description.trainedContextWindow,
			latencyTargetMs: options.latencyTargetMs,
			speculation: options.speculation,
			drafts: options.drafts,
		};
		if (!shape.ok) {
			const { key, why } = shape.error;
			this.#options.log.warn(
				`what ${description.name} takes of memory is not known before it is loaded: "${key}" in its header: ${why}`,
			);
			return success(attempt);
		}
		const { name, quantization } = description;
		const ofLoads = knowledge.ofLoads(description);
		const verdict = chooseStrategy({
			model: { name, quantization, shape: shape.value },
			devices: attempt.devices,
			sequences: sequenceCount,
			batchTokens,
			minWindow: minWindow(attempt),
			allowsPartial: options.partialOffload,
			speculates: options.speculation !== "off",
			knowledge: {
				...ofLoads,
				isBad: (step) => tried.has(step.key) || ofLoads.isBad(step),
			},
		});
		switch (verdict.kind) {
			case "doesNotFit":
				return failure(
					createError("modelTooLarge", {
						file: options.file,
						needs: refusalReasons(verdict.plan, verdict.instead),
					}),
				);
			case "allBad":
				return failure(
					createError("modelCrashes", {
						file: options.file,
						why: knowledge.whyBad(description, verdict.last) ?? "",
					}),
				);
			case "load":
				for (const it of verdict.passedOver)
					this.#options.log.warn(
						`not loaded as well as it could be (${it.key}): that has failed before`,
					);
				return this.#onRuntimeOf(verdict.step, attempt, options);
			default:
				return assertNever(verdict);
		}
	}

	/** What another build of llama.cpp did is another's. */
	#knowledge(record: MachineRecord, { build }: Runtime): MachineProfile {
		const { driver, epochMs } = this.#options;
		return new MachineProfile(
			record,
			`${driver}, llama.cpp ${build}`,
			epochMs(),
		);
	}

	/** As they proved to be. How fast the RAM is, is measured once a day, while nothing else reads it. */
	async #devicesFor(
		runtime: Runtime,
		knowledge: MachineProfile,
		{ threads, record }: LoadOptions,
	): Promise<readonly Device[]> {
		const devices = knowledge.measured(await runtime.devices());
		const device = record && knowledge.ramToMeasure(devices);
		if (!device) return devices;
		const bandwidthBytesPerSecond = await this.#options.measureRam(threads);
		if (bandwidthBytesPerSecond === undefined) return devices;
		const measuredAtMs = this.#options.epochMs();
		this.#options.learn({
			kind: "device",
			measurement: { device, bandwidthBytesPerSecond, measuredAtMs },
		});
		return devices.map((it) => {
			if (it.kind !== "cpu") return it;
			// A share of another bandwidth.
			const { efficiency: _, ...rest } = it;
			return { ...rest, bandwidthBytesPerSecond };
		});
	}

	/** What goes to the CPU is loaded by a runtime that leaves the GPU alone. */
	async #onRuntimeOf(
		step: LoadStrategy,
		attempt: Attempt,
		options: LoadOptions,
	): Promise<Result<Attempt, HeadroomError>> {
		if (step.gpu === options.gpu) return success({ ...attempt, step });
		const hasGpu = attempt.devices.some(({ kind }) => kind !== "cpu");
		if (!hasGpu) return success({ ...attempt, step });
		const runtime = await this.#runtimeFor({ ...options, gpu: step.gpu });
		return runtime.ok
			? success({ ...attempt, step, runtime: runtime.value })
			: runtime;
	}

	/** Measures the model, and gives it the sequences whose prompts it can evaluate in time and hold in memory. */
	async #prepare(
		model: LoadedModel,
		attempt: Attempt,
	): Promise<Result<Loaded, HeadroomError>> {
		const { file, step, runtime } = attempt;
		const kvType = step?.kvType ?? "f16";
		const measured = await this.#measure(model, kvType, attempt.speculation);
		if (!measured.ok) return measured;
		const { speed, verifyCosts } = measured.value;
		const budget = this.#budget(speed, attempt);
		const contextWindow = windowFor(budget);
		const sequences = await model.createSequences({
			count: sequenceCount,
			contextWindow,
			batchTokens,
			kvType,
		});
		if (!sequences.ok) return sequences;
		const caches = sequences.value.all.map((it) => new KvCache(it));
		const plan = step?.price(contextWindow);
		const draft =
			plan &&
			verifyCosts &&
			(await this.#draft({ model, plan, costs: verifyCosts, caches }, attempt));
		const chat = ModelChat.of({
			file,
			model,
			plan: draft?.plan ?? plan,
			contextWindow: attempt.contextWindow,
			batchTokens,
			draft,
			verifyCosts,
			speculation: attempt.speculation,
			slicer: this.#options.slicer,
			stateKey: `${fileKey(model.description)}, llama.cpp ${runtime.build}`,
			devices: async () => (await runtime.devices()).flatMap(evenParts),
		});
		const observed: Observed | undefined = plan && {
			model: model.description,
			allocated: [model, sequences.value, draft]
				.flatMap((it) => it?.allocatedBytes ?? [])
				.reduce(sumOf),
			before: attempt.devices,
			after: await runtime.devices(),
		};
		const { rounds: _, depthTokens: __, ...speeds } = speed;
		const report: LoadReport = {
			contextWindow,
			sequences: sequenceCount,
			kvType,
			...speeds,
			...(chat.ok
				? { chatWindow: chat.value.windowTokens }
				: { chatWindow: 0, chatError: chat.error }),
			draft: draft?.name ?? null,
			verifyMs: verifyCosts?.entries() ?? [],
			memory: [],
		};
		return success({
			model,
			budget,
			sequences: sequences.value,
			draft,
			chat,
			chunkTokens: sliceTokens(speed),
			caches: new KvCachePool(caches),
			vocabulary: Vocabulary.of(model),
			speculation:
				verifyCosts &&
				new ModelSpeculation({
					mode: attempt.speculation,
					costs: verifyCosts,
					draft,
					chunkTokens: batchTokens,
					now: this.#options.now,
				}),
			observed,
			report: {
				...report,
				...(observed && plan
					? this.#compare(
							asLoaded(draft?.plan ?? plan),
							attempt,
							speed,
							observed,
						)
					: {}),
			},
		});
	}

	async #draft(
		beside: Omit<BesideModel, "probeText">,
		{ runtime, drafts }: Attempt,
	): Promise<ModelDraft | undefined> {
		const { readModelFile, readVocabulary, log, now } = this.#options;
		return loadDraft(
			drafts,
			{ ...beside, probeText },
			{ runtime, readModelFile, readVocabulary, log, now },
		);
	}

	/** As much as there is time and memory for. */
	#budget(speed: EngineSpeed, attempt: Attempt): PromptBudget {
		const { step, contextWindow, latencyTargetMs } = attempt;
		const wanted = fitBudget(
			step?.window === "least"
				? minBudget
				: promptBudget(speed, latencyTargetMs),
			contextWindow,
		);
		const budget = shrinkBudget(
			wanted,
			(window) => !step || admits(step.price(window)),
		);
		if (windowFor(budget) < windowFor(wanted))
			this.#options.log.info(
				`memory has room for ${windowFor(budget)} of the ${windowFor(wanted)} tokens that there would be time for`,
			);
		return budget;
	}

	/** What came of a prediction: it corrects the next one, and the user hears where the model is not where it was meant to be. */
	#compare(
		plan: Plan,
		{ knowledge }: Attempt,
		speed: MeasuredSpeed,
		observed: Observed,
	): Pick<LoadReport, "memory" | "warning"> {
		const { log, learn } = this.#options;
		const { model, allocated } = observed;
		const { vramBytes, ramBytes } = allocated;
		const { gpu, host } = heldBytes(plan);
		log.info(
			`memory of the model: predicted ${formatBytes(gpu + host)}, allocated ${formatBytes(vramBytes + ramBytes)} ` +
				`(${formatBytes(vramBytes)} of the GPU, ${formatBytes(ramBytes)} of RAM)`,
		);
		const warning = mismatchOf(plan, observed);
		// What went wrong says nothing of what goes right.
		if (!warning)
			for (const learned of knowledge.fromLoad(model, plan, allocated, speed))
				learn(learned);
		return {
			memory: heldMemory(plan, observed),
			...(warning && { warning }),
		};
	}

	/** In a sequence of its own: how large the others may be depends on what it finds. */
	async #measure(
		model: LoadedModel,
		kvType: KvType,
		speculation: SpeculationSetting,
	): Promise<Result<Measured, HeadroomError>> {
		const { now } = this.#options;
		const sequences = await model.createSequences({
			count: 1,
			contextWindow: probeWindow(batchTokens),
			batchTokens,
			kvType,
		});
		if (!sequences.ok) return sequences;
		try {
			const [sequence] = sequences.value.all;
			assert(sequence, "the one that was asked for");
			const text = model.tokenize(probeText);
			const speed = await measureSpeed(sequence, text, batchTokens, now);
			const isSpeculating = speculation !== "off" && sequence.canRollBack;
			const verifyCosts = isSpeculating
				? new VerifyCosts(
						await measureVerifying(sequence, speed.depthTokens, text, now),
					)
				: undefined;
			return success({ speed, verifyCosts });
		} finally {
			await sequences.value.dispose();
		}
	}

	async #runtimeFor({
		gpu,
		threads,
	}: Pick<LoadOptions, "gpu" | "threads">): Promise<
		Result<Runtime, HeadroomError>
	> {
		const key = `${gpu} ${threads}`;
		const current = this.#runtimes.get(key);
		if (current) return success(current);
		const { createRuntime, log } = this.#options;
		const created = await createRuntime({ gpu, threads, log });
		if (created.ok) this.#runtimes.set(key, created.value);
		return created;
	}
}

/** Of each sequence; with less, a model knows too little to be asked. */
function minWindow({ contextWindow }: Pick<Attempt, "contextWindow">): number {
	return windowFor(fitBudget(minBudget, contextWindow));
}

/** Buffers for verifying grow when a draft is first verified: until then llama.cpp does not tell of them. */
function asLoaded({ request }: Plan): Plan {
	return planFor({ ...request, verifies: false });
}

/** Of a prompt, in one slice: a completion that comes meanwhile waits for it. */
const sliceMs = 50;
const minSliceTokens = 16;

function sliceTokens({ prefillTokensPerSecond }: MeasuredSpeed): number {
	const tokens = Math.floor((prefillTokensPerSecond * sliceMs) / 1000);
	return Math.min(Math.max(tokens, minSliceTokens), batchTokens);
}

/** A file that was written anew is another. */
function fileKey({ file, fileBytes }: ModelDescription): string {
	const stat = statSync(file, { throwIfNoEntry: false });
	return `${file}, ${fileBytes} bytes of ${stat?.mtimeMs ?? 0}`;
}
