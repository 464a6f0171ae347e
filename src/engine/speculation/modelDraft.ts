/** Loads a draft model beside the target model, if both fit and it may pay. */

import { assert } from "../../base/assert.ts";
import type { Log } from "../../base/log.ts";
import { english } from "../../base/sentence.ts";
import { formatBytes, formatMs, formatPercent } from "../../base/units.ts";
import {
	matchVocabularies,
	type Vocabulary,
} from "../../gguf/vocabularyMatch.ts";
import { admits, type Plan, planFor } from "../../memory/plan/plan.ts";
import { shapeProblemText } from "../../memory/report/shapeProblemText.ts";
import type { ReadModelFile } from "../../models/header/modelFile.ts";
import type { ReadVocabulary } from "../../models/header/readVocabulary.ts";
import { errorText, messageOf } from "../../protocol/errors.ts";
import { KvCache } from "../kv/kvCache.ts";
import { measureSpeed, probeWindow } from "../measure/measureSpeed.ts";
import type { VerifyCosts } from "../measure/verifyCosts.ts";
import type {
	AllocatedBytes,
	LoadedModel,
	Runtime,
	Sequence,
	SequenceOptions,
	Sequences,
} from "../runtime/runtime.ts";
import { sumAllocated } from "../runtime/sumAllocated.ts";
import { bestGain, type DraftCosts, minGain } from "./controller.ts";
import { DraftModel } from "./draftModel.ts";

export interface TargetModel {
	readonly model: LoadedModel;
	/** The plan that it was loaded with. */
	readonly plan: Plan;
	readonly costs: VerifyCosts;
	readonly caches: readonly KvCache[];
	readonly probeText: string;
}

export interface ModelDraftOptions {
	readonly runtime: Pick<Runtime, "loadModel">;
	readonly readModelFile: ReadModelFile;
	readonly readVocabulary: ReadVocabulary;
	readonly log: Log;
	readonly now: () => number;
}

/** A loaded draft model. */
export interface ModelDraft {
	readonly name: string;
	/** The plan of target and draft model together. */
	readonly plan: Plan;
	readonly allocatedBytes: AllocatedBytes;
	readonly costs: DraftCosts;
	/** A drafter for each KV cache of the target model. */
	readonly models: ReadonlyMap<KvCache, DraftModel>;
	/** Creates one more drafter, in a context of its own. */
	createContext(
		options: Pick<SequenceOptions, "contextWindow" | "kvType" | "batchTokens">,
		wrap: (sequence: Sequence) => Sequence,
	): Promise<DraftContext | undefined>;
	dispose(): Promise<void>;
}

export interface DraftContext {
	readonly drafter: DraftModel;
	readonly allocatedBytes: AllocatedBytes;
	dispose(): Promise<void>;
}

/** A draft model that does not pay at this acceptance rate never will. */
export const bestAcceptance = 0.95;

/**
 * Loads the first draft model that shares the target's vocabulary, fits beside it and may pay; undefined if there is none. Failures are logged, and
 * the target goes without a draft.
 *
 * @param files of draft models, best first.
 */
export async function loadDraft(
	files: readonly string[],
	target: TargetModel,
	options: ModelDraftOptions,
): Promise<ModelDraft | undefined> {
	const { log, readVocabulary } = options;
	if (files.length === 0 || !target.plan.isWhole) return undefined;
	const vocabulary = await readVocabulary(target.model.description.file);
	if (!vocabulary) return undefined;
	for (const file of files) {
		const loaded = await loadOne(file, vocabulary, target, options);
		if (typeof loaded !== "string") return loaded;
		log.info(`cannot use the draft model ${file}: ${loaded}`);
	}
	return undefined;
}

/** @returns the draft model, or the reason why it is not used. */
async function loadOne(
	file: string,
	vocabulary: Vocabulary,
	target: TargetModel,
	{ runtime, readModelFile, readVocabulary, log, now }: ModelDraftOptions,
): Promise<ModelDraft | string> {
	const own = await readVocabulary(file);
	const shared = own && matchVocabularies(vocabulary, own);
	if (!shared?.ok) return shared?.error ?? "it cannot be read";
	const read = readModelFile(file);
	if (!read.ok) return errorText(read.error);
	const { description, shape } = read.value;
	if (!shape.ok) return shapeProblemText(shape.error, english);
	const { name, quantization } = description;
	const { request } = target.plan;
	const plan = planFor({
		...request,
		draft: { name, quantization, shape: shape.value },
	});
	if (!admits(plan)) return "there is no room for both";
	const { correction: _, ...alone } = request;
	const startMs = now();
	const model = await runtime.loadModel({
		description,
		mapsFile: planFor({
			...alone,
			model: { name, quantization, shape: shape.value },
		}).mapsFile,
		onProgress: () => {},
	});
	if (!model.ok) return errorText(model.error);
	let sequences: Sequences | undefined;
	const dispose = async (): Promise<void> => {
		await sequences?.dispose();
		await model.value.dispose();
	};
	try {
		const costs = await measuredCosts(model.value, target, now);
		if (!costs) {
			await dispose();
			return "there is no room for its context";
		}
		const made = await model.value.createSequences({
			count: target.caches.length,
			contextWindow: request.contextWindow,
			batchTokens: request.batchTokens,
			kvType: request.kvType,
		});
		if (!made.ok) {
			await dispose();
			return "there is no room for its context";
		}
		sequences = made.value;
		if (!sequences.all.every(({ canRollBack }) => canRollBack)) {
			await dispose();
			return "its state cannot roll back";
		}
		const gain = bestGain(target.costs, costs, bestAcceptance);
		const speed = `${formatMs(costs.tokenMs)} per token against ${formatMs(target.costs.plainMs)}`;
		if (gain < minGain) {
			await dispose();
			return `it would not pay even at an acceptance rate of ${formatPercent(bestAcceptance)} (${speed})`;
		}
		const all = made.value.all;
		const { vramBytes, ramBytes } = sumAllocated(
			model.value.allocatedBytes,
			made.value.allocatedBytes,
		);
		log.info(
			`loaded the draft model ${name} in ${formatMs(now() - startMs)}: ${formatBytes(vramBytes + ramBytes)}, ${speed}`,
		);
		return {
			name,
			plan,
			allocatedBytes: { vramBytes, ramBytes },
			costs,
			models: new Map(
				target.caches.flatMap((cache, index) => {
					const sequence = all[index];
					if (!sequence) return [];
					const drafter = new DraftModel(
						new KvCache(sequence),
						shared.value.sharedTokens,
					);
					return [[cache, drafter] as const];
				}),
			),
			createContext: (them, wrap) =>
				draftContext(model.value, shared.value.sharedTokens, them, wrap),
			dispose,
		};
	} catch (thrown) {
		await dispose();
		return messageOf(thrown);
	}
}

async function draftContext(
	model: LoadedModel,
	sharedTokens: number,
	options: Omit<SequenceOptions, "count">,
	wrap: (sequence: Sequence) => Sequence,
): Promise<DraftContext | undefined> {
	const made = await model.createSequences({ ...options, count: 1 });
	if (!made.ok) return undefined;
	const { all, allocatedBytes, dispose } = made.value;
	const [sequence] = all;
	assert(sequence, "one sequence was requested");
	const drafter = new DraftModel(new KvCache(wrap(sequence)), sharedTokens);
	return { drafter, allocatedBytes, dispose };
}

/** Measured in a separate context, like the target model. Undefined if there is no room for it. */
async function measuredCosts(
	model: LoadedModel,
	{ plan, probeText }: TargetModel,
	now: () => number,
): Promise<DraftCosts | undefined> {
	const { batchTokens, kvType } = plan.request;
	const sequences = await model.createSequences({
		count: 1,
		contextWindow: probeWindow(batchTokens),
		batchTokens,
		kvType,
	});
	if (!sequences.ok) return undefined;
	try {
		const [sequence] = sequences.value.all;
		if (!sequence) return undefined;
		const { decodeTokensPerSecond, prefillTokensPerSecond } =
			await measureSpeed(sequence, model.tokenize(probeText), batchTokens, now);
		return {
			tokenMs: 1000 / decodeTokensPerSecond,
			readMs: 1000 / prefillTokensPerSecond,
		};
	} finally {
		await sequences.value.dispose();
	}
}
