/** Has the model answer: loads it where it is not, fits the conversation into its window, and passes on what it says. */

import type { AnswerChunk, ChatRequest } from "../../protocol/chat.ts";
import type { Conversation } from "../../protocol/conversation.ts";
import type { GenerationEnd } from "../../protocol/generation.ts";
import type { ChatEngine, ChatModel } from "../chatPorts.ts";
import { branchesAt, visiblePath } from "../conversation/conversation.ts";
import { referenceOf, turnsOf } from "../prompt/promptParts.ts";
import { keptOf, type PromptPlan, planPrompt } from "../prompt/questionPlan.ts";
import type { TurnCounter } from "../prompt/turnCounter.ts";

export interface AnswerRequest {
	/** Its last visible message is the answer. */
	readonly conversation: Conversation;
	readonly answerId: string;
	readonly stateFile: string | null;
	readonly signal: AbortSignal;
}

export interface AnswerListener {
	readonly onModel: (model: ChatModel) => void;
	/** What of the conversation goes into the prompt, before it is sent. */
	readonly onPlan: (plan: PromptPlan) => void;
	readonly onChunk: (chunk: AnswerChunk) => void;
}

/** About code one wants the likely answer; the very likeliest has small models repeat themselves without an end. */
const temperature = 0.2;

export async function runAnswer(
	{ conversation, answerId, stateFile, signal }: AnswerRequest,
	engine: ChatEngine,
	counter: TurnCounter,
	listener: AnswerListener,
): Promise<GenerationEnd> {
	const started = await engine.start(signal);
	if (!started) return { kind: "cancelled" };
	if (!started.ok) return { kind: "failed", error: started.error };
	const model = started.value;
	if (model.error) return { kind: "failed", error: model.error };
	listener.onModel(model);

	const path = visiblePath(conversation).filter(({ id }) => id !== answerId);
	const plan = await planPrompt(path, model, counter);
	listener.onPlan(plan);
	if (!plan.fit.ok) return { kind: "failed", error: plan.fit.error };
	const { systemPrompt, exchanges } = plan;
	const request: ChatRequest = {
		turns: turnsOf(systemPrompt, exchanges.slice(plan.fit.value.firstExchange)),
		maxTokens: null,
		temperature,
		// The same question has the same answer, and each answer beside it another.
		seed: branchesAt(conversation, answerId).indexOf(answerId),
		reference: referenceOf(keptOf(path, exchanges, plan.fit.value)),
		stateFile,
	};
	const chunks = engine.answer(request, signal);
	for (;;) {
		const next = await chunks.next();
		if (next.done) return next.value;
		listener.onChunk(next.value);
	}
}
