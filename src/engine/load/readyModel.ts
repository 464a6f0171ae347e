/** A model that is loaded and measured, with everything that completions and chat use of it. */

import type { Result } from "../../base/result.ts";
import type { LoadReport } from "../../protocol/engineStatus.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { ModelChat } from "../chat/modelChat.ts";
import type { VocabularyIndex } from "../decode/vocabularyIndex.ts";
import type { SnapshotModel } from "../kv/promptSnapshots.ts";
import type { LoadedModel, Sequences } from "../runtime/runtime.ts";
import type { ModelDraft } from "../speculation/modelDraft.ts";
import type { ModelSpeculation } from "../speculation/modelSpeculation.ts";
import type { Observed } from "./loadOutcome.ts";

export interface ReadyModel extends SnapshotModel {
	readonly model: LoadedModel;
	readonly vocabulary: VocabularyIndex;
	/** Undefined if speculation is off, or the KV cache cannot roll back. */
	readonly speculation: ModelSpeculation | undefined;
	/** An error if the model cannot chat. */
	readonly chat: Result<ModelChat, HeadroomError>;
	/** Tokens per time slice of a chat's prefill. */
	readonly chunkTokens: number;
	/** Tokens of a prompt for completion that are evaluated at once: between two checks for a key. */
	readonly promptStepTokens: number;
	readonly report: LoadReport;
}

/** What the slot also needs, to unload the model and to update its report. */
export interface PreparedModel extends ReadyModel {
	readonly sequences: Sequences;
	readonly draft: ModelDraft | undefined;
	/** Undefined for a load without a plan. */
	readonly observed: Observed | undefined;
}
