/** Conversations: one answer at a time, in slices, so that a completion never waits for more than one of them. */

import type { Log } from "../base/log.ts";
import { failure, type Result, success } from "../base/result.ts";
import type { ChatRequest, ChatTurn, TokenCounts } from "../protocol/chat.ts";
import type { FromEngine } from "../protocol/engineProtocol.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../protocol/errors.ts";
import type { GenerationStats } from "../protocol/generation.ts";
import type { ChatStates } from "./chatState.ts";
import {
	type ChatPart,
	renderChat,
	type ChatTurn as TemplateTurn,
} from "./chatTemplate.ts";
import { chatTokens, countTurns } from "./chatTokens.ts";
import { generate } from "./generate.ts";
import type { ChatContext, ModelChat } from "./modelChat.ts";
import { ReasoningSplitter } from "./reasoning.ts";
import type { LoadedModel, Sampling, Token } from "./runtime.ts";
import type { TokenReference } from "./speculation/lookup.ts";
import { TokenText } from "./tokenText.ts";

/** What a question is asked of. */
export interface ChattingModel {
	readonly model: LoadedModel;
	readonly chat: Result<ModelChat, HeadroomError>;
	/** Tokens evaluated in one slice of a prompt. */
	readonly chunkTokens: number;
}

export interface ChatOptions {
	/** What is loaded, once what was asked for before is done. */
	readonly model: () => Promise<Result<ChattingModel, HeadroomError>>;
	readonly references: () => readonly TokenReference[];
	readonly states: ChatStates;
	readonly send: (message: FromEngine) => void;
	/** An answer begins, or ended. */
	readonly onDidChange: (isAnswering: boolean) => void;
	readonly onDidMakeContext: (context: ChatContext) => void;
	readonly unstarted: (arrivalMs: number) => GenerationStats;
	readonly log: Log;
	readonly now: () => number;
}

/** Of the usual kind: what is very unlikely is not said. */
const topK = 40;
const topP = 0.95;

/** An answer needs room to be worth asking for. */
const leastAnswerTokens = 64;

interface Answering {
	readonly controller: AbortController;
	readonly done: Promise<void>;
}

export class Chat {
	readonly #options: ChatOptions;
	readonly #answering = new Map<string, Answering>();
	#last: Promise<unknown> = Promise.resolve();

	constructor(options: ChatOptions) {
		this.#options = options;
	}

	get isAnswering(): boolean {
		return this.#answering.size > 0;
	}

	/** Whether there was such a request. */
	cancel(requestId: string): void {
		this.#answering.get(requestId)?.controller.abort();
	}

	/** Resolves when nothing of the model is in use any more. */
	async stopAll(): Promise<void> {
		const all = [...this.#answering.values()];
		for (const { controller } of all) controller.abort();
		await Promise.all(all.map(({ done }) => done));
	}

	/** Sends all there is to be said; never rejects. */
	answer(requestId: string, request: ChatRequest): Promise<void> {
		const arrivalMs = this.#options.now();
		const controller = new AbortController();
		const done = this.#last
			.then(() =>
				this.#answerNow(requestId, request, arrivalMs, controller.signal),
			)
			.catch((thrown): FromEngine => {
				this.#options.log.error(
					`chat ${requestId} failed: ${messageOf(thrown)}`,
				);
				const error = createError("generationFailed", {
					why: messageOf(thrown),
				});
				return { kind: "failed", requestId, error };
			})
			.then((last) => {
				this.#answering.delete(requestId);
				if (!this.isAnswering) this.#options.onDidChange(false);
				this.#options.send(last);
			});
		this.#last = done;
		this.#answering.set(requestId, { controller, done });
		return done;
	}

	async count(
		turns: readonly ChatTurn[],
	): Promise<Result<TokenCounts, HeadroomError>> {
		const ready = await this.#options.model();
		if (!ready.ok) return ready;
		const { model, chat } = ready.value;
		if (!chat.ok) return chat;
		const { template, answers, windowTokens } = chat.value;
		const counted = countTurns(
			template,
			turns.map(inOnePiece),
			answers.within(model),
		);
		if (!counted.ok) return counted;
		const { fixedTokens, contentTokens } = counted.value;
		return success({
			fixedTokens,
			turnTokens: contentTokens.map((it) => it.reduce((a, b) => a + b, 0)),
			windowTokens,
		});
	}

	async #answerNow(
		requestId: string,
		request: ChatRequest,
		arrivalMs: number,
		signal: AbortSignal,
	): Promise<FromEngine> {
		const { unstarted, onDidChange } = this.#options;
		const failed = (error: HeadroomError): FromEngine => ({
			kind: "failed",
			requestId,
			error,
		});
		const cancelled: FromEngine = {
			kind: "done",
			requestId,
			stopReason: "cancelled",
			stats: unstarted(arrivalMs),
		};
		if (signal.aborted) return cancelled;
		const ready = await this.#options.model();
		if (!ready.ok) return failed(ready.error);
		const { chat } = ready.value;
		if (!chat.ok) return failed(chat.error);
		onDidChange(true);
		const context = await this.#context(chat.value);
		if (!context.ok) return failed(context.error);
		const owner = {
			key: chat.value.stateKey,
			cache: context.value.cache,
			answers: chat.value.answers,
		};
		await this.#options.states.restore(request, owner);
		if (signal.aborted) return cancelled;
		const prompt = this.#prompt(request, ready.value, chat.value);
		if (!prompt.ok) return failed(prompt.error);
		const last = await this.#generate({
			requestId,
			request,
			arrivalMs,
			signal,
			ready: ready.value,
			chat: chat.value,
			context: context.value,
			...prompt.value,
		});
		void this.#options.states.save(request, owner);
		return last;
	}

	async #context(chat: ModelChat): Promise<Result<ChatContext, HeadroomError>> {
		const isNew = !chat.isOpen;
		const context = await chat.open();
		if (isNew && context.ok) this.#options.onDidMakeContext(context.value);
		return context;
	}

	#prompt(
		{ turns }: ChatRequest,
		{ model }: ChattingModel,
		{ template, answers, windowTokens }: ModelChat,
	): Result<
		{ readonly parts: readonly ChatPart[]; readonly tokens: readonly Token[] },
		HeadroomError
	> {
		const parts = renderChat(template, turns.map(inOnePiece));
		if (!parts.ok) return parts;
		const tokens = chatTokens(parts.value, answers.within(model));
		const room = windowTokens - leastAnswerTokens;
		if (tokens.length > room)
			return failure(
				createError("chatTooLong", {
					tokens: String(tokens.length),
					room: String(room),
					model: model.description.name,
				}),
			);
		return success({ parts: parts.value, tokens });
	}

	async #generate({
		requestId,
		request,
		arrivalMs,
		signal,
		ready: { model, chunkTokens },
		chat,
		context: { cache, speculation: ofModel, turns },
		parts,
		tokens: prompt,
	}: {
		readonly requestId: string;
		readonly request: ChatRequest;
		readonly arrivalMs: number;
		readonly signal: AbortSignal;
		readonly ready: ChattingModel;
		readonly chat: ModelChat;
		readonly context: ChatContext;
		readonly parts: readonly ChatPart[];
		readonly tokens: readonly Token[];
	}): Promise<FromEngine> {
		const { send, unstarted, now } = this.#options;
		const speculation = ofModel?.forAnswer({
			kind: request.reference === "" ? "chat" : "edit",
			cache,
			references: [
				...referenceOf(request, model),
				...this.#options.references(),
			],
			path: "",
			isSpecial: (token) => model.isSpecial(token),
			isLast: () => false,
		});
		const sampling = samplingOf(request);
		const answer = generate(cache, prompt, {
			maxTokens: request.maxTokens ?? Number.POSITIVE_INFINITY,
			chunkTokens,
			checkpoints: [prompt.length - 1],
			...(sampling && { sampling }),
			speculation,
			isEnd: (token) => model.isSpecial(token) && !chat.tags.has(token),
			signal,
			now: () => turns.now(),
		});
		const text = new TokenText(
			(them, before) => model.detokenize(them, before),
			prompt,
		);
		const splitter = new ReasoningSplitter(parts);
		let timeToFirstTokenMs: number | null = null;
		const said: Token[] = [];
		let whole = "";
		const say = (segments: ReturnType<ReasoningSplitter["push"]>): void => {
			for (const { kind: segment, text } of segments) {
				timeToFirstTokenMs ??= now() - arrivalMs;
				send({ kind: "said", requestId, segment, text });
			}
		};
		let next = await answer.next();
		for (; !next.done; next = await answer.next()) {
			said.push(next.value);
			const piece = chat.tags.get(next.value) ?? text.push(next.value);
			whole += piece;
			say(splitter.push(piece));
		}
		say(splitter.end());
		chat.answers.remember(whole, said);
		const { stopReason, ...counts } = next.value;
		return {
			kind: "done",
			requestId,
			stopReason,
			stats: {
				...unstarted(arrivalMs),
				promptTokens: prompt.length,
				...counts,
				...speculation?.stats,
				timeToFirstTokenMs,
			},
		};
	}
}

function inOnePiece({ role, text }: ChatTurn): TemplateTurn {
	return { role, content: [text] };
}

function samplingOf({ temperature, seed }: ChatRequest): Sampling | undefined {
	return temperature > 0 ? { temperature, topK, topP, seed } : undefined;
}

function referenceOf(
	{ reference }: ChatRequest,
	model: LoadedModel,
): readonly TokenReference[] {
	return reference === ""
		? []
		: [{ id: "reference", tokens: model.tokenize(reference) }];
}
