/**
 * The answer that is being generated: its chunks go into the conversation and to the view.
 *
 * Invariant: at most one answer is generated at a time, and nothing changes once it is stopped.
 */

import type { Disposable } from "../../base/disposable.ts";
import type { SetTimer } from "../../base/timers.ts";
import type { Conversation } from "../../protocol/conversation.ts";
import { createError, messageOf } from "../../protocol/errors.ts";
import type { GenerationEnd } from "../../protocol/generation.ts";
import type { PostToView } from "../chatPorts.ts";
import {
	appendChunk,
	failAnswer,
	finishAnswer,
	setAnswerModel,
	stopAnswer,
} from "../conversation/conversation.ts";
import type { CurrentConversation } from "../conversation/currentConversation.ts";
import type { PromptPlan } from "../prompt/questionPlan.ts";
import { ChunkBatcher } from "./chunkBatcher.ts";
import type { ConversationPresenter } from "./conversationPresenter.ts";
import { type AnswerSources, generateAnswer } from "./generateAnswer.ts";

export interface AnsweringOptions {
	readonly sources: AnswerSources;
	readonly conversation: CurrentConversation;
	readonly presenter: ConversationPresenter;
	readonly post: PostToView;
	readonly setTimer: SetTimer;
	/** The prompt that is about to be sent. */
	readonly onPlan: (plan: PromptPlan) => void;
	/** The model has stopped generating; not called for an answer that the user stopped. */
	readonly onEnd: () => void;
}

interface Running {
	readonly answerId: string;
	readonly controller: AbortController;
	readonly batcher: ChunkBatcher;
}

/** At most this much of an answer is lost when the window closes. */
const saveIntervalMs = 5_000;

export class Answering implements Disposable {
	readonly #options: AnsweringOptions;
	#running: Running | undefined;
	#saveTimer: Disposable | undefined;

	constructor(options: AnsweringOptions) {
		this.#options = options;
	}

	/** @param asked the conversation with the question and its empty answer; becomes the current one. */
	start(asked: Conversation, answerId: string): void {
		const { conversation, presenter, post, setTimer } = this.#options;
		const before = conversation.current;
		conversation.set(asked);
		const running: Running = {
			answerId,
			controller: new AbortController(),
			batcher: new ChunkBatcher(setTimer, ({ segment, text }) => {
				conversation.set(
					appendChunk(conversation.current, answerId, segment, text),
				);
				post({ kind: "chunk", messageId: answerId, segment, text });
			}),
		};
		this.#running = running;
		presenter.showAsked(before);
		void conversation.save();
		this.#scheduleSave(running);
		void this.#generate(running);
	}

	/** Keeps what was generated so far. @returns whether an answer was running. */
	stop(): boolean {
		const running = this.#running;
		if (!running) return false;
		const { answerId, controller, batcher } = running;
		batcher.flush();
		this.#running = undefined;
		controller.abort();
		this.#end(answerId, { kind: "cancelled" });
		return true;
	}

	dispose(): void {
		this.stop();
		this.#saveTimer?.dispose();
	}

	async #generate(running: Running): Promise<void> {
		const { sources, conversation, onPlan, onEnd } = this.#options;
		const { answerId, controller, batcher } = running;
		const isRunning = (): boolean => this.#running === running;
		const end = await generateAnswer(
			sources,
			conversation.current,
			answerId,
			controller.signal,
			{
				onModel: ({ name }) => {
					if (isRunning())
						conversation.set(
							setAnswerModel(conversation.current, answerId, name),
						);
				},
				onPlan: (plan) => {
					if (isRunning()) onPlan(plan);
				},
				onChunk: (chunk) => {
					if (isRunning()) batcher.add(chunk);
				},
			},
		).catch((thrown): GenerationEnd => {
			const error = createError("generationFailed", { why: messageOf(thrown) });
			return { kind: "failed", error };
		});
		if (!isRunning()) return;
		batcher.flush();
		this.#running = undefined;
		this.#end(answerId, end);
		onEnd();
		await conversation.save();
	}

	#end(answerId: string, end: GenerationEnd): void {
		const { conversation, presenter } = this.#options;
		conversation.set(ended(conversation.current, answerId, end));
		presenter.showMessage(answerId);
	}

	#scheduleSave(running: Running): void {
		const { conversation, setTimer } = this.#options;
		this.#saveTimer?.dispose();
		this.#saveTimer = setTimer(() => {
			if (this.#running !== running) return;
			void conversation.save();
			this.#scheduleSave(running);
		}, saveIntervalMs);
	}
}

function ended(
	conversation: Conversation,
	answerId: string,
	end: GenerationEnd,
): Conversation {
	switch (end.kind) {
		case "done":
			return finishAnswer(conversation, answerId, end.stopReason);
		case "cancelled":
			return stopAnswer(conversation, answerId);
		case "failed":
			return failAnswer(conversation, answerId, end.error);
	}
}
