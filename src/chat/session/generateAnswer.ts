/** Generates one answer: loads the model if necessary, fits the conversation into its context window, and streams the chunks. */

import type {
	AnswerChunk,
	ChatModel,
	ChatRequest,
} from "../../protocol/chat.ts";
import type { Conversation } from "../../protocol/conversation.ts";
import type { GenerationEnd } from "../../protocol/generation.ts";
import type { ChatEngine, ChatModelSource } from "../chatPorts.ts";
import { branchesAt, visiblePath } from "../conversation/conversation.ts";
import { lookupTextOf, turnsOf } from "../prompt/promptParts.ts";
import {
	includedMessages,
	type PromptPlan,
	planPrompt,
} from "../prompt/questionPlan.ts";
import type { TurnCounter } from "../prompt/turnCounter.ts";

export interface AnswerSources {
	readonly model: ChatModelSource;
	readonly engine: ChatEngine;
	readonly counter: TurnCounter;
	/** Where the engine keeps the KV snapshot; null keeps none. */
	readonly stateFile: string | null;
}

export interface AnswerListener {
	readonly onModel: (model: ChatModel) => void;
	/** Which part of the conversation is in the prompt, before it is sent. */
	readonly onPlan: (plan: PromptPlan) => void;
	readonly onChunk: (chunk: AnswerChunk) => void;
}

/** Low, because questions about code want the likely answer; at 0, small models repeat themselves endlessly. */
const temperature = 0.2;

/** @param conversation its last visible message is the answer. */
export async function generateAnswer(
	{ model, engine, counter, stateFile }: AnswerSources,
	conversation: Conversation,
	answerId: string,
	signal: AbortSignal,
	listener: AnswerListener,
): Promise<GenerationEnd> {
	const loaded = await model.load(signal);
	if (!loaded) return { kind: "cancelled" };
	if (!loaded.ok) return { kind: "failed", error: loaded.error };
	const { error } = loaded.value;
	if (error) return { kind: "failed", error };
	listener.onModel(loaded.value);

	const path = visiblePath(conversation).filter(({ id }) => id !== answerId);
	const plan = await planPrompt(path, loaded.value, counter);
	listener.onPlan(plan);
	if (!plan.fit.ok) return { kind: "failed", error: plan.fit.error };
	const { systemPrompt, exchanges } = plan;
	const request: ChatRequest = {
		turns: turnsOf(systemPrompt, exchanges.slice(plan.fit.value.firstExchange)),
		maxTokens: null,
		temperature,
		// The same question has the same answer, and each regenerated answer differs.
		seed: branchesAt(conversation, answerId).indexOf(answerId),
		reference: lookupTextOf(includedMessages(path, exchanges, plan.fit.value)),
		stateFile,
	};
	const chunks = engine.chat(request, signal);
	for (;;) {
		const next = await chunks.next();
		if (next.done) return next.value;
		listener.onChunk(next.value);
	}
}
