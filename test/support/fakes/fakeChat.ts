/** Fakes of what a chat depends on: an engine with scripted answers, storage in memory, and a context. */

import { Emitter } from "../../../src/base/event.ts";
import { failure, type Result, success } from "../../../src/base/result.ts";
import type {
	ChatEngine,
	ChatModelSource,
	ContextSource,
	ConversationPort,
	OfferedAttachment,
} from "../../../src/chat/chatPorts.ts";
import type {
	AnswerChunk,
	ChatModel,
	ChatRequest,
	ChatTurn,
	SegmentKind,
} from "../../../src/protocol/chat.ts";
import type { ContextChip } from "../../../src/protocol/chatView.ts";
import type { Conversation } from "../../../src/protocol/conversation.ts";
import {
	createError,
	type HeadroomError,
} from "../../../src/protocol/errors.ts";
import type { GenerationEnd } from "../../../src/protocol/generation.ts";
import { someStats } from "./fakeEngine.ts";

export const someModel: ChatModel = {
	name: "Model 7B",
	parameterCount: 7e9,
	windowTokens: 8_192,
	error: null,
};

/** The fake engine's chat template adds as many to each turn. */
const tokensPerTurn = 4;

/** A scripted answer. */
export class FakeAnswer {
	readonly #chunks: (AnswerChunk | GenerationEnd)[] = [];
	#wake = (): void => {};

	constructor(
		readonly request: ChatRequest,
		readonly signal: AbortSignal,
	) {
		signal.addEventListener("abort", () => this.#wake());
	}

	say(text: string, segment: SegmentKind = "text"): void {
		this.#chunks.push({ segment, text });
		this.#wake();
	}

	end(end: GenerationEnd | "endOfText" | "contextFull" = "endOfText"): void {
		this.#chunks.push(
			typeof end === "string"
				? { kind: "done", stopReason: end, stats: someStats }
				: end,
		);
		this.#wake();
	}

	async *chunks(): ReturnType<ChatEngine["chat"]> {
		for (;;) {
			if (this.signal.aborted) return { kind: "cancelled" };
			const next = this.#chunks.shift();
			if (next && "segment" in next) yield next;
			else if (next) return next;
			else
				await new Promise<void>((resolve) => {
					this.#wake = resolve;
				});
		}
	}
}

/** One word is one token. */
export class FakeChatEngine implements ChatEngine, ChatModelSource {
	readonly answers: FakeAnswer[] = [];
	readonly counted: (readonly ChatTurn[])[] = [];
	readonly #onDidChange = new Emitter<void>();
	readonly onDidChange = this.#onDidChange.event;
	current: ChatModel | undefined = someModel;
	/** What a load results in. */
	loading: Promise<Result<ChatModel, HeadroomError> | undefined> =
		Promise.resolve(success(someModel));

	setModel(model: ChatModel | undefined): void {
		this.current = model;
		this.#onDidChange.fire();
	}

	async load(signal: AbortSignal): ReturnType<ChatModelSource["load"]> {
		if (this.current) return success(this.current);
		const aborted = new Promise<undefined>((resolve) =>
			signal.addEventListener("abort", () => resolve(undefined)),
		);
		const loaded = await Promise.race([this.loading, aborted]);
		if (loaded?.ok) this.setModel(loaded.value);
		return loaded;
	}

	chat(
		request: ChatRequest,
		signal: AbortSignal,
	): ReturnType<ChatEngine["chat"]> {
		const answer = new FakeAnswer(request, signal);
		this.answers.push(answer);
		return answer.chunks();
	}

	async count(turns: readonly ChatTurn[]): ReturnType<ChatEngine["count"]> {
		if (!this.current) return undefined;
		this.counted.push(turns);
		return success({
			// The template ends with the header of the answer.
			fixedTokens: (turns.length + 1) * tokensPerTurn,
			turnTokens: turns.map(({ text }) => text.split(/\s+/).length),
			windowTokens: this.current.windowTokens,
		});
	}
}

export class FakeConversations implements ConversationPort {
	readonly saved = new Map<string, Conversation>();
	saves = 0;
	/** Every operation fails with this. */
	error: HeadroomError | undefined;

	async list(): ReturnType<ConversationPort["list"]> {
		if (this.error) return failure(this.error);
		const conversations = [...this.saved.values()]
			.map(({ id, createdAtMs, updatedAtMs, title, messages }) => ({
				id,
				createdAtMs,
				updatedAtMs,
				title,
				messageCount: messages.length,
				sizeBytes: 1,
			}))
			.sort((a, b) => b.updatedAtMs - a.updatedAtMs);
		return success({ conversations, problems: [] });
	}

	async open(id: string): ReturnType<ConversationPort["open"]> {
		const conversation = this.saved.get(id);
		return conversation && !this.error
			? success({ conversation, problem: null })
			: failure(
					this.error ??
						createError("conversationUnreadable", { file: id, why: "gone" }),
				);
	}

	async save(conversation: Conversation): ReturnType<ConversationPort["save"]> {
		if (this.error) return failure(this.error);
		this.saves++;
		this.saved.set(conversation.id, conversation);
		return success({ problem: null });
	}

	async delete(id: string): ReturnType<ConversationPort["delete"]> {
		if (this.error) return failure(this.error);
		this.saved.delete(id);
		return success(undefined);
	}

	async *search<Hit>(
		find: (conversation: Conversation) => Hit | undefined,
	): AsyncGenerator<Hit, void, void> {
		for (const conversation of this.saved.values()) {
			const hit = find(conversation);
			if (hit !== undefined) yield hit;
		}
	}
}

export class FakeContext implements ContextSource {
	readonly #onDidChange = new Emitter<void>();
	readonly onDidChange = this.#onDidChange.event;
	attached: Result<readonly OfferedAttachment[], HeadroomError> = success([]);
	shown: readonly ContextChip[] = [];
	sentCount = 0;

	change(): void {
		this.#onDidChange.fire();
	}

	chips(): readonly ContextChip[] {
		return this.shown;
	}

	remove(): void {}

	async attachmentsFor(): ReturnType<ContextSource["attachmentsFor"]> {
		return this.attached;
	}

	async suggestionsFor(
		...[of, query]: Parameters<ContextSource["suggestionsFor"]>
	): ReturnType<ContextSource["suggestionsFor"]> {
		return [{ id: "1", label: `${of} ${query}`, detail: "", insert: "" }];
	}

	choose(): void {}

	onQuestionSent(): void {
		this.sentCount++;
	}
}
