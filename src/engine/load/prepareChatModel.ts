/** Measures a model that only chats, after its weights are loaded, and creates its context and draft. In slices, beside completions. */

import { assert } from "../../base/assert.ts";
import { type Result, success } from "../../base/result.ts";
import { admits } from "../../memory/plan/plan.ts";
import { roleNeeds } from "../../memory/plan/roles.ts";
import type { LoadReport } from "../../protocol/engineStatus.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import { ModelChat } from "../chat/modelChat.ts";
import { KvCache } from "../kv/kvCache.ts";
import type { LoadedModel } from "../runtime/runtime.ts";
import { sumAllocated } from "../runtime/sumAllocated.ts";
import {
	timeSlicedModel,
	timeSlicedRuntime,
} from "../schedule/timeSlicedModel.ts";
import { loadDraft } from "../speculation/modelDraft.ts";
import { batchTokens } from "./contextSize.ts";
import { fileKey } from "./fileKey.ts";
import { type LoadAttempt, minWindow } from "./loadAttempt.ts";
import { beforeVerifying, type Observed } from "./loadOutcome.ts";
import {
	chatNoteOf,
	chatSlice,
	compare,
	measure,
	type PrepareOptions,
	probeText,
	tokensWithin,
} from "./prepareModel.ts";
import type { PreparedChatModel } from "./readyModel.ts";

/** Fails if the model cannot chat. */
export async function prepareChatModel(
	unsliced: LoadedModel,
	attempt: LoadAttempt,
	options: Omit<PrepareOptions, "earlierBudget">,
): Promise<Result<PreparedChatModel, HeadroomError>> {
	const { file, strategy, runtime, speculation, drafts } = attempt;
	const { slicer } = options;
	const model = timeSlicedModel(unsliced, slicer);
	const now = () => slicer.now();
	const versionKey = fileKey(model.description.file);
	const kvType = strategy?.kvType ?? "f16";
	const measured = await measure(model, kvType, speculation, now);
	if (!measured.ok) return measured;
	const { speed, verifyCosts } = measured.value;
	const contextWindow = windowOf(attempt);
	const sequences = await model.createSequences({
		count: 1,
		contextWindow,
		batchTokens,
		kvType,
	});
	if (!sequences.ok) return sequences;
	const [sequence] = sequences.value.all;
	assert(sequence, "one sequence was requested");
	const cache = new KvCache(sequence);
	const planned = strategy?.price(contextWindow);
	const draft =
		planned &&
		verifyCosts &&
		(await loadDraft(
			drafts,
			{ model, plan: planned, costs: verifyCosts, caches: [cache], probeText },
			{ ...options, now, runtime: timeSlicedRuntime(runtime, slicer) },
		));
	const plan = draft?.plan ?? planned;
	const chat = ModelChat.of({
		file,
		model,
		plan,
		contextWindow: attempt.contextWindow,
		batchTokens,
		draft,
		verifyCosts,
		speculation,
		slicer,
		stateKey: `${versionKey}, llama.cpp ${runtime.build}`,
		devices: () => runtime.devices(),
		only: { cache, windowTokens: contextWindow },
	});
	if (!chat.ok) {
		await draft?.dispose();
		await sequences.value.dispose();
		return chat;
	}
	const observed: Observed | undefined = planned && {
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
		sequences: 1,
		kvType,
		...speeds,
		chatWindow: contextWindow,
		openChatWindow: contextWindow,
		...chatNoteOf(chat.value),
		draft: draft?.name ?? null,
		verifyMs: verifyCosts?.entries() ?? [],
		memory: [],
		...(observed &&
			plan &&
			compare(beforeVerifying(plan), attempt, speed, observed, options)),
	};
	return success({
		model,
		chat,
		fileKey: versionKey,
		chunkTokens: tokensWithin(chatSlice, speed),
		report,
		sequences: sequences.value,
		draft,
		plan,
		observed,
	});
}

/** The largest window that memory allows: the smallest one was planned for. */
function windowOf(attempt: LoadAttempt): number {
	const { strategy, contextWindow } = attempt;
	const least = minWindow(attempt);
	if (!strategy || strategy.window === "least") return least;
	return (
		roleNeeds.chat.contextWindows
			.map((it) => Math.min(it, contextWindow))
			.find((it) => admits(strategy.price(it))) ?? least
	);
}
