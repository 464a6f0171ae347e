/** A model that is loaded and measured, with everything that completions and chat use of it. */

import type { Result } from "../../base/result.ts";
import type { Plan } from "../../memory/plan/plan.ts";
import type { LoadReport } from "../../protocol/engineStatus.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { ModelChat, OpenChatContext } from "../chat/modelChat.ts";
import type { VocabularyIndex } from "../decode/vocabularyIndex.ts";
import type { SnapshotModel } from "../kv/promptSnapshots.ts";
import type { LoadedModel, Sequences } from "../runtime/runtime.ts";
import { sumAllocated } from "../runtime/sumAllocated.ts";
import type { ModelDraft } from "../speculation/modelDraft.ts";
import type { ModelSpeculation } from "../speculation/modelSpeculation.ts";
import {
	beforeVerifying,
	memoryByDevice,
	type Observed,
} from "./loadOutcome.ts";

/** A model as a chat uses it. */
export interface ReadyChatModel {
	readonly model: LoadedModel;
	/** An error if the model cannot chat. */
	readonly chat: Result<ModelChat, HeadroomError>;
	/** Tokens per time slice of a chat's prefill. */
	readonly chunkTokens: number;
	readonly report: LoadReport;
}

export interface ReadyModel extends SnapshotModel, ReadyChatModel {
	readonly vocabulary: VocabularyIndex;
	/** Undefined if speculation is off, or the KV cache cannot roll back. */
	readonly speculation: ModelSpeculation | undefined;
	/** Tokens of a prompt for completion that are evaluated at once: between two checks for a key. */
	readonly promptStepTokens: number;
}

/** What its owner also needs, to unload the model and to update its report. */
interface Owned {
	/** The version of the file. */
	readonly fileKey: string;
	readonly sequences: Sequences;
	readonly draft: ModelDraft | undefined;
	/** Of everything loaded; undefined for a load without a plan. */
	readonly plan: Plan | undefined;
	/** Undefined for a load without a plan. */
	readonly observed: Observed | undefined;
}

export type PreparedModel = ReadyModel & Owned;
export type PreparedChatModel = ReadyChatModel & Owned;

/** In the order in which llama.cpp's objects use one another. */
export async function disposeOfModel({
	chat,
	draft,
	sequences,
	model,
}: PreparedChatModel): Promise<void> {
	try {
		if (chat.ok) await chat.value.dispose();
		await draft?.dispose();
		await sequences.dispose();
	} finally {
		await model.dispose();
	}
}

/** Adds a context that was created after the load to the reported memory. */
export function withContext(
	loaded: PreparedModel,
	{ plan, allocatedBytes }: OpenChatContext,
): PreparedModel {
	const { observed, report } = loaded;
	if (!observed || !plan) return loaded;
	const allocated = sumAllocated(observed.allocated, allocatedBytes);
	const memory = memoryByDevice(beforeVerifying(plan), {
		...observed,
		allocated,
	});
	const { chatWindow: openChatWindow } = report;
	return { ...loaded, plan, report: { ...report, openChatWindow, memory } };
}
