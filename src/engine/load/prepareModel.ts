/** Measures a model after its weights are loaded, sizes its prompts by that, and creates its contexts, draft and chat. */

import { assert } from "../../base/assert.ts";
import type { Log } from "../../base/log.ts";
import { type Result, success } from "../../base/result.ts";
import { formatBytes } from "../../base/units.ts";
import type { KvType } from "../../memory/plan/modelCost.ts";
import {
	admits,
	cacheBytes,
	heldBytes,
	type Plan,
} from "../../memory/plan/plan.ts";
import type { ReadModelFile } from "../../models/header/modelFile.ts";
import type { ReadVocabulary } from "../../models/header/readVocabulary.ts";
import type { LoadReport, PromptBudget } from "../../protocol/engineStatus.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { Learned } from "../../protocol/machineRecord.ts";
import type { SpeculationMode } from "../../protocol/speculation.ts";
import { ModelChat } from "../chat/modelChat.ts";
import { VocabularyIndex } from "../decode/vocabularyIndex.ts";
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
	steadyBudget,
	windowFor,
} from "../measure/promptBudget.ts";
import { VerifyCosts } from "../measure/verifyCosts.ts";
import type { LoadedModel } from "../runtime/runtime.ts";
import { sumAllocated } from "../runtime/sumAllocated.ts";
import type { TimeSlicer } from "../schedule/timeSlicer.ts";
import { loadDraft } from "../speculation/modelDraft.ts";
import { ModelSpeculation } from "../speculation/modelSpeculation.ts";
import { batchTokens, sequenceCount } from "./contextSize.ts";
import { fileKey } from "./fileKey.ts";
import type { LoadAttempt } from "./loadAttempt.ts";
import {
	beforeVerifying,
	memoryByDevice,
	mismatchOf,
	type Observed,
} from "./loadOutcome.ts";
import { evenParts } from "./loadStrategies.ts";
import type { PreparedModel } from "./readyModel.ts";

/** Looks like code, for models whose speed depends on the text. */
export const probeText =
	"for (const item of list) {\n\ttotal += item.price * 2;\n}\n";

/** A completion that arrives during a chat's prefill waits for one slice. */
export const chatSlice = { ms: 50, minTokens: 16 };
/** A key that comes while a prompt for completion is evaluated waits for one step. With fewer tokens a step is much slower for each. */
const promptStep = { ms: 100, minTokens: 32 };

export interface PrepareOptions {
	readonly readModelFile: ReadModelFile;
	readonly readVocabulary: ReadVocabulary;
	readonly log: Log;
	readonly now: () => number;
	readonly learn: (learned: Learned) => void;
	/** Slices the work of chats. */
	readonly slicer: TimeSlicer;
	/** With which prompts of this model were saved; undefined if none were. */
	readonly earlierBudget?: (modelKey: string) => PromptBudget | undefined;
}

interface Measured {
	readonly speed: MeasuredSpeed;
	/** Undefined if speculation is off, or the KV cache cannot roll back. */
	readonly verifyCosts: VerifyCosts | undefined;
}

export async function prepareModel(
	model: LoadedModel,
	attempt: LoadAttempt,
	options: PrepareOptions,
): Promise<Result<PreparedModel, HeadroomError>> {
	const { file, strategy, runtime, speculation, drafts } = attempt;
	const { now, log } = options;
	const kvType = strategy?.kvType ?? "f16";
	const measured = await measure(model, kvType, speculation, now);
	if (!measured.ok) return measured;
	const { speed, verifyCosts } = measured.value;
	const versionKey = fileKey(model.description.file);
	const modelKey = `${versionKey}, target ${attempt.latencyTargetMs} ms`;
	const budget = budgetFor(
		speed,
		attempt,
		options.earlierBudget?.(modelKey),
		log,
	);
	const contextWindow = windowFor(budget);
	const sequences = await model.createSequences({
		count: sequenceCount,
		contextWindow,
		batchTokens,
		kvType,
	});
	if (!sequences.ok) return sequences;
	const caches = sequences.value.all.map((it) => new KvCache(it));
	const plan = strategy?.price(contextWindow);
	const draft =
		plan &&
		verifyCosts &&
		(await loadDraft(
			drafts,
			{ model, plan, costs: verifyCosts, caches, probeText },
			{ ...options, runtime },
		));
	const wholePlan = draft?.plan ?? plan;
	const chat = ModelChat.of({
		file,
		model,
		plan: wholePlan,
		contextWindow: attempt.contextWindow,
		batchTokens,
		draft,
		verifyCosts,
		speculation,
		slicer: options.slicer,
		stateKey: `${versionKey}, llama.cpp ${runtime.build}`,
		devices: async () => (await runtime.devices()).flatMap(evenParts),
	});
	const observed: Observed | undefined = plan && {
		model: model.description,
		allocated: [model, sequences.value, draft]
			.flatMap((it) => it?.allocatedBytes ?? [])
			.reduce(sumAllocated),
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
			? { chatWindow: chat.value.windowTokens, ...chatNoteOf(chat.value) }
			: { chatWindow: 0, chatError: chat.error }),
		draft: draft?.name ?? null,
		verifyMs: verifyCosts?.entries() ?? [],
		memory: [],
		...(observed &&
			wholePlan &&
			compare(beforeVerifying(wholePlan), attempt, speed, observed, options)),
	};
	return success({
		model,
		budget,
		sequences: sequences.value,
		draft,
		plan: wholePlan,
		chat,
		chunkTokens: tokensWithin(chatSlice, speed),
		promptStepTokens: tokensWithin(promptStep, speed),
		caches: new KvCachePool(caches),
		modelKey,
		fileKey: versionKey,
		snapshotKey: [
			`${modelKey}, llama.cpp ${runtime.build}, ${strategy?.key ?? "no plan"}`,
			`${contextWindow} tokens, ${kvType}, prompt order ${model.description.fimOrder}`,
		].join(", "),
		tokenBytes: plan ? cacheBytes(plan) / (sequenceCount * contextWindow) : 0,
		vocabulary: VocabularyIndex.of(model),
		speculation:
			verifyCosts &&
			new ModelSpeculation({
				mode: speculation,
				costs: verifyCosts,
				draft,
				chunkTokens: batchTokens,
				now,
			}),
		observed,
		report,
	});
}

/** In a sequence of its own, because the size of the real ones depends on the result. */
export async function measure(
	model: Pick<LoadedModel, "createSequences" | "tokenize">,
	kvType: KvType,
	speculation: SpeculationMode,
	now: () => number,
): Promise<Result<Measured, HeadroomError>> {
	const sequences = await model.createSequences({
		count: 1,
		contextWindow: probeWindow(batchTokens),
		batchTokens,
		kvType,
	});
	if (!sequences.ok) return sequences;
	try {
		const [sequence] = sequences.value.all;
		assert(sequence, "one sequence was requested");
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

/** The largest prompt that the latency target and memory allow. */
function budgetFor(
	speed: EngineSpeed,
	{ strategy, contextWindow, latencyTargetMs }: LoadAttempt,
	earlier: PromptBudget | undefined,
	log: Log,
): PromptBudget {
	const wanted = fitBudget(
		strategy?.window === "least"
			? minBudget
			: steadyBudget(promptBudget(speed, latencyTargetMs), earlier),
		contextWindow,
	);
	const budget = shrinkBudget(
		wanted,
		(window) => !strategy || admits(strategy.price(window)),
	);
	if (windowFor(budget) < windowFor(wanted))
		log.info(
			`memory limits the context window to ${windowFor(budget)} tokens; the latency target allows ${windowFor(wanted)}`,
		);
	return budget;
}

/** Compares the prediction with the load: corrects the next prediction, and warns if the model is not where it was planned to be. */
export function compare(
	plan: Plan,
	{ profile }: LoadAttempt,
	speed: MeasuredSpeed,
	observed: Observed,
	{ log, learn }: PrepareOptions,
): Pick<LoadReport, "memory" | "warning"> {
	const { model, allocated } = observed;
	const { vramBytes, ramBytes } = allocated;
	const { gpu, host } = heldBytes(plan);
	log.info(
		`memory of the model: predicted ${formatBytes(gpu + host)}, allocated ${formatBytes(vramBytes + ramBytes)} ` +
			`(${formatBytes(vramBytes)} of the GPU, ${formatBytes(ramBytes)} of RAM)`,
	);
	const warning = mismatchOf(plan, observed);
	// A load that went wrong says nothing about one that goes right.
	if (!warning)
		for (const learned of profile.fromLoad(model, plan, allocated, speed))
			learn(learned);
	return {
		memory: memoryByDevice(plan, observed),
		...(warning && { warning }),
	};
}

export function tokensWithin(
	{ ms, minTokens }: typeof chatSlice,
	{ prefillTokensPerSecond }: EngineSpeed,
): number {
	const tokens = Math.floor((prefillTokensPerSecond * ms) / 1000);
	return Math.min(Math.max(tokens, minTokens), batchTokens);
}

/** Why prompts of chats are not rendered by the file's own template, if they are not. */
export function chatNoteOf({
	template: { note },
}: ModelChat): Pick<LoadReport, "chatNote"> {
	return note ? { chatNote: note } : {};
}
