/** Conversations: one answer at a time, in slices, so that a completion never waits for more than one of them. */

import { orAborted } from "../../base/abort.ts";
import type { Log } from "../../base/log.ts";
import { failure, type Result, success } from "../../base/result.ts";
import { SerialQueue } from "../../base/serialQueue.ts";
import { formatMs, formatPercent } from "../../base/units.ts";
import type {
	ChatRequest,
	ChatTurn,
	TokenCounts,
} from "../../protocol/chat.ts";
import type { FromEngine } from "../../protocol/engineProtocol.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import type { GenerationStats } from "../../protocol/generation.ts";
import { Detokenizer } from "../decode/detokenizer.ts";
import { generate } from "../decode/generate.ts";
import type { LoadedModel, Sampling, Token } from "../runtime/runtime.ts";
import type { TokenReference } from "../speculation/lookup.ts";
import type { ChatStates, StateOwner } from "./chatState.ts";
import { type ChatPart, renderChat } from "./chatTemplate.ts";
import { chatTokens, countTurns } from "./chatTokens.ts";
import type { ChatContext, ModelChat } from "./modelChat.ts";
import { ReasoningSplitter } from "./reasoning.ts";

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
	/** What is loaded now; undefined while nothing is. */
	readonly current: () => Result<ChattingModel, HeadroomError> | undefined;
	readonly references: () => readonly TokenReference[];
	readonly states: ChatStates;
	readonly send: (message: FromEngine) => void;
	/** `isAtWork` is another. */
	readonly onDidChange: () => void;
	readonly onDidMakeContext: (context: ChatContext) => void;
	readonly unstarted: (arrivalMs: number) => GenerationStats;
	readonly log: Log;
	readonly now: () => number;
}

/** Of the usual kind: what is very unlikely is not said. */
const topK = 40;
const topP = 0.95;

/** An answer needs room to be worth asking for. */
const minAnswerTokens = 64;

interface Answering {
	readonly controller: AbortController;
	readonly done: Promise<void>;
}

export class Chat {
	readonly #options: ChatOptions;
	readonly #answering = new Map<string, Answering>();
	readonly #queue = new SerialQueue();
	#isAtWork = false;

	constructor(options: ChatOptions) {
		this.#options = options;
	}

	/** Whether there are questions without an answer. */
	get isAnswering(): boolean {
		return this.#answering.size > 0;
	}

	/** Whether a model is being asked. */
	get isAtWork(): boolean {
		return this.#isAtWork;
	}

	/** Whether something of the model is in use. */
	get isBusy(): boolean {
		return this.isAnswering || this.#options.states.isSaving;
	}

	/** Nothing where there is no such request. */
	cancel(requestId: string): void {
		this.#answering.get(requestId)?.controller.abort();
	}

	/** Once what was asked so far is answered, and saved. */
	forgetState(stateFile: string): void {
		void this.#queue.idle().then(() => this.#options.states.remove(stateFile));
	}

	/** Ends the answers to what was asked so far. Resolves when they use nothing of the model any more, and their states are saved. */
	async stopAll(): Promise<void> {
		const idle = this.#queue.idle();
		for (const { controller } of this.#answering.values()) controller.abort();
		await idle;
		await this.#options.states.settled();
	}

	/** Sends all there is to be said; never rejects. */
	answer(requestId: string, request: ChatRequest): Promise<void> {
		const arrivalMs = this.#options.now();
		const controller = new AbortController();
		const done = orAborted(this.#queue.idle(), controller.signal)
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
				if (!this.isAnswering) this.#setAtWork(false);
				this.#options.send(last);
			});
		// One that is cancelled in the queue leaves it at once; those behind it still wait for those before it.
		void this.#queue.run(() => done);
		this.#answering.set(requestId, { controller, done });
		return done;
	}

	/** Past the queue: it evaluates nothing, and is asked for while someone writes. While a model loads there is none to ask. */
	count(turns: readonly ChatTurn[]): Result<TokenCounts, HeadroomError> {
		const ready = this.#options.current();
		if (!ready) return failure(createError("engineStopped", {}));
		if (!ready.ok) return ready;
		const { model, chat } = ready.value;
		if (!chat.ok) return chat;
		const { template, answers, windowTokens } = chat.value;
		const vocabulary = answers.within(model, turns);
		const counted = countTurns(template, turns, vocabulary);
		return counted.ok ? success({ ...counted.value, windowTokens }) : counted;
	}

	async #answerNow(
		requestId: string,
		request: ChatRequest,
		arrivalMs: number,
		signal: AbortSignal,
	): Promise<FromEngine> {
		const { unstarted, states } = this.#options;
		const failed = (error: HeadroomError): FromEngine => ({
			kind: "failed",
			requestId,
			error,
		});
		const cancelled = (): FromEngine => ({
			kind: "done",
			requestId,
			stopReason: "cancelled",
			stats: unstarted(arrivalMs),
		});
		if (signal.aborted) return cancelled();
		// A load takes long, and nothing of it is this request's.
		const ready = await orAborted(this.#options.model(), signal);
		if (!ready) return cancelled();
		if (!ready.ok) return failed(ready.error);
		const { chat } = ready.value;
		if (!chat.ok) return failed(chat.error);
		this.#setAtWork(true);
		const context = await this.#context(chat.value);
		if (!context.ok) return failed(context.error);
		if (signal.aborted) return cancelled();
		const { stateKey: key, answers, tokenBytes } = chat.value;
		const owner: StateOwner = {
			key,
			cache: context.value.cache,
			answers,
			tokenBytes,
		};
		await states.restore(request, owner);
		const prompt = this.#prompt(request, ready.value, chat.value);
		const { last, text } = !prompt.ok
			? { last: failed(prompt.error), text: "" }
			: signal.aborted
				? { last: cancelled(), text: "" }
				: await this.#generate({
						requestId,
						request,
						arrivalMs,
						signal,
						ready: ready.value,
						chat: chat.value,
						context: context.value,
						...prompt.value,
					});
		// Also where nothing was answered: what was read is gone from the disk.
		void states.save(request, owner, new Set([...answersIn(request), text]));
		return last;
	}

	#setAtWork(isAtWork: boolean): void {
		this.#isAtWork = isAtWork;
		this.#options.onDidChange();
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
		const parts = renderChat(template, turns);
		if (!parts.ok) return parts;
		const tokens = chatTokens(parts.value, answers.within(model, turns));
		const room = Math.max(0, windowTokens - minAnswerTokens);
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
		context: { cache, speculation: ofModel, slicer },
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
	}): Promise<{ readonly last: FromEngine; readonly text: string }> {
		const { send, unstarted, log, now } = this.#options;
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
			now: () => slicer.now(),
		});
		const text = new Detokenizer(
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
				send({ kind: "chunk", requestId, segment, text });
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
		const stats: GenerationStats = {
			...unstarted(arrivalMs),
			promptTokens: prompt.length,
			...counts,
			...speculation?.stats,
			timeToFirstTokenMs,
		};
		log.info(`chat ${requestId}: ${stopReason}; ${costOf(stats)}`);
		return {
			last: { kind: "done", requestId, stopReason, stats },
			text: whole,
		};
	}
}

/** For the log: what it took, without what was said. */
function costOf({
	promptTokens,
	reusedTokens,
	prefillMs,
	decodeTokens,
	decodeMs,
}: GenerationStats): string {
	return (
		`prompt ${promptTokens} tokens, ${reusedTokens} reused (${formatPercent(reusedTokens / promptTokens)}); ` +
		`prefill ${formatMs(prefillMs)}, ${decodeTokens} tokens decoded in ${formatMs(decodeMs)}`
	);
}

function answersIn({ turns }: ChatRequest): readonly string[] {
	return turns.flatMap(({ role, text }) =>
		role === "assistant" ? [text] : [],
	);
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
