/** Answers chat requests: one at a time, in slices, so that a completion waits for one slice at most. */

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
	errorText,
	type HeadroomError,
} from "../../protocol/errors.ts";
import type { GenerationStats } from "../../protocol/generation.ts";
import { Detokenizer } from "../decode/detokenizer.ts";
import { generate } from "../decode/generate.ts";
import type { ReadyChatModel } from "../load/readyModel.ts";
import { cancelled, emptyStats, replyTo } from "../replies.ts";
import type { LoadedModel, Sampling, Token } from "../runtime/runtime.ts";
import type { TimeSlicer } from "../schedule/timeSlicer.ts";
import type { TokenReference } from "../speculation/lookup.ts";
import type { ChatStates, StateOwner } from "./chatState.ts";
import { type ChatPart, renderChat } from "./chatTemplate.ts";
import { chatTokens, countParts } from "./chatTokens.ts";
import { LongTexts } from "./longTexts.ts";
import type { ModelChat, OpenChatContext } from "./modelChat.ts";
import { ReasoningSplitter } from "./reasoning.ts";

type ChatModel = Omit<ReadyChatModel, "report">;

export interface ChatOptions {
	/** The model after all earlier requests, loads among them. */
	readonly model: () => Promise<Result<ChatModel, HeadroomError>>;
	/** The model now; undefined while there is none. */
	readonly current: () => Result<ChatModel, HeadroomError> | undefined;
	readonly references: () => readonly TokenReference[];
	readonly states: ChatStates;
	readonly send: (message: FromEngine) => void;
	/** Called when `isAtWork` may have changed. */
	readonly onDidChange: () => void;
	readonly onDidMakeContext: (context: OpenChatContext) => void;
	readonly log: Log;
	readonly now: () => number;
}

/** Common defaults: they cut off the improbable tail. */
const topK = 40;
const topP = 0.95;

/** The context window must have room for an answer of this length. */
const minAnswerTokens = 64;

interface ChatPrompt {
	readonly parts: readonly ChatPart[];
	readonly tokens: readonly Token[];
	/** What the answer is likely to repeat. */
	readonly references: readonly TokenReference[];
}

type LongVocabulary = Pick<
	LoadedModel,
	"beginningOfText" | "tokenize" | "tokenizeTemplate"
>;

interface Answering {
	readonly controller: AbortController;
	readonly done: Promise<void>;
}

export class Chat {
	readonly #options: ChatOptions;
	readonly #answering = new Map<string, Answering>();
	readonly #queue = new SerialQueue();
	readonly #counts = new SerialQueue();
	readonly #longTexts = new LongTexts();
	#isAtWork = false;

	constructor(options: ChatOptions) {
		this.#options = options;
	}

	/** Whether requests are in progress or queued. */
	get isAnswering(): boolean {
		return this.#answering.size > 0;
	}

	/** Whether the model works on an answer. */
	get isAtWork(): boolean {
		return this.#isAtWork;
	}

	/** Whether an answer or a snapshot uses the model. */
	get isBusy(): boolean {
		return this.isAnswering || this.#options.states.isSaving;
	}

	/** Does nothing for an unknown id. */
	cancel(requestId: string): void {
		this.#answering.get(requestId)?.controller.abort();
	}

	/** Waits until the requests so far are answered and their snapshots saved. */
	deleteState(stateFile: string): void {
		void this.#queue.idle().then(() => this.#options.states.remove(stateFile));
	}

	/** Cancels the requests so far. Resolves when they no longer use the model and their snapshots are saved. */
	async stopAll(): Promise<void> {
		const idle = this.#queue.idle();
		for (const { controller } of this.#answering.values()) controller.abort();
		await idle;
		await this.#options.states.settled();
	}

	/** Sends chunks and the reply; never rejects. */
	answer(requestId: string, request: ChatRequest): Promise<void> {
		const arrivalMs = this.#options.now();
		const controller = new AbortController();
		const idle = this.#queue.idle();
		const answer = async (): Promise<Result<FromEngine, HeadroomError>> => {
			await orAborted(idle, controller.signal);
			return this.#answerNow(requestId, request, arrivalMs, controller.signal);
		};
		const done = replyTo(requestId, answer, (why) => {
			this.#options.log.error(`chat ${requestId} failed: ${why}`);
			return createError("generationFailed", { why });
		}).then((reply) => {
			this.#answering.delete(requestId);
			if (!this.isAnswering) this.#setAtWork(false);
			this.#options.send(reply);
		});
		// A request cancelled in the queue leaves it at once; later ones still wait for earlier ones.
		void this.#queue.run(() => done);
		this.#answering.set(requestId, { controller, done });
		return done;
	}

	/**
	 * Bypasses the queue: it evaluates nothing, and is called while the user types. At once, unless the text is long: it is counted in slices then,
	 * between which completions run. Fails while a model loads.
	 */
	count(
		turns: readonly ChatTurn[],
	):
		| Result<TokenCounts, HeadroomError>
		| Promise<Result<TokenCounts, HeadroomError>> {
		const ready = this.#options.current();
		if (!ready) return failure(createError("engineStopped", {}));
		if (!ready.ok) return ready;
		const { model, chat } = ready.value;
		if (!chat.ok) return chat;
		const { template, answers, windowTokens, slicer } = chat.value;
		const parts = renderChat(template, turns);
		if (!parts.ok) return parts;
		const countWith = (vocabulary: LongVocabulary) => {
			const within = answers.within(vocabulary, turns);
			const counts = countParts(parts.value, turns, within);
			return success({ ...counts, windowTokens });
		};
		if (!this.#longTexts.needSlices(parts.value)) return countWith(model);
		const isWanted = (): boolean => {
			const now = this.#options.current();
			return now?.ok === true && now.value.model === model;
		};
		// One at a time: a later one finds most slices of an earlier one.
		return this.#counts.run(async () => {
			const run = inSlices(slicer, isWanted);
			const prepared = await this.#prepared(parts.value, model, run);
			return prepared
				? countWith(prepared)
				: failure(createError("engineStopped", {}));
		});
	}

	/** Undefined where it is no longer wanted. */
	async #prepared(
		parts: readonly ChatPart[],
		model: LoadedModel,
		run: ReturnType<typeof inSlices>,
	): Promise<LongVocabulary | undefined> {
		try {
			return await this.#longTexts.prepared(parts, model, run);
		} catch (thrown) {
			if (thrown instanceof NoLongerWanted) return undefined;
			throw thrown;
		}
	}

	async #answerNow(
		requestId: string,
		request: ChatRequest,
		arrivalMs: number,
		signal: AbortSignal,
	): Promise<Result<FromEngine, HeadroomError>> {
		const { states, now } = this.#options;
		const cancel = () => success(cancelled(requestId, now() - arrivalMs));
		if (signal.aborted) return cancel();
		// Do not wait for a load that is in progress.
		const ready = await orAborted(this.#options.model(), signal);
		if (!ready) return cancel();
		if (!ready.ok) return ready;
		const { chat } = ready.value;
		if (!chat.ok) return chat;
		this.#setAtWork(true);
		const context = await this.#context(chat.value);
		if (!context.ok) return context;
		if (signal.aborted) return cancel();
		const { stateKey: key, answers, tokenBytes } = chat.value;
		const owner: StateOwner = {
			key,
			cache: context.value.cache,
			answers,
			tokenBytes,
		};
		await states.restore(request, owner);
		const prompt = await this.#prompt(request, ready.value, chat.value, signal);
		const { reply, text } =
			prompt?.ok && !signal.aborted
				? await this.#generate({
						requestId,
						request,
						arrivalMs,
						signal,
						ready: ready.value,
						chat: chat.value,
						context: context.value,
						...prompt.value,
					})
				: { reply: undefined, text: "" };
		// Even without an answer: restoring removed the snapshot from disk.
		void states.save(request, owner, new Set([...answersIn(request), text]));
		if (prompt?.ok === false) return prompt;
		return reply ? success(reply) : cancel();
	}

	#setAtWork(isAtWork: boolean): void {
		this.#isAtWork = isAtWork;
		this.#options.onDidChange();
	}

	async #context(
		chat: ModelChat,
	): Promise<Result<OpenChatContext, HeadroomError>> {
		const isNew = !chat.isOpen;
		const context = await chat.open();
		if (isNew && context.ok) {
			this.#options.onDidMakeContext(context.value);
			const { note } = chat.template;
			if (note) this.#options.log.warn(errorText(note));
		}
		return context;
	}

	/** Undefined if it is cancelled meanwhile. */
	async #prompt(
		{ turns, reference }: ChatRequest,
		{ model }: ChatModel,
		{ template, answers, windowTokens, slicer }: ModelChat,
		signal: AbortSignal,
	): Promise<Result<ChatPrompt, HeadroomError> | undefined> {
		const parts = renderChat(template, turns);
		if (!parts.ok) return parts;
		const quoted: ChatPart = { isTemplate: false, text: reference, turn: -1 };
		const run = inSlices(slicer, () => !signal.aborted);
		const all = [...parts.value, quoted];
		const vocabulary = this.#longTexts.needSlices(all)
			? await this.#prepared(all, model, run)
			: model;
		if (!vocabulary) return undefined;
		const tokens = chatTokens(parts.value, answers.within(vocabulary, turns));
		const room = Math.max(0, windowTokens - minAnswerTokens);
		if (tokens.length > room)
			return failure(
				createError("chatTooLong", {
					tokens: String(tokens.length),
					room: String(room),
					model: model.description.name,
				}),
			);
		return success({
			parts: parts.value,
			tokens,
			references:
				reference === ""
					? []
					: [{ id: "reference", tokens: vocabulary.tokenize(reference) }],
		});
	}

	async #generate({
		requestId,
		request,
		arrivalMs,
		signal,
		ready: { model, chunkTokens },
		chat,
		context: { cache, speculation: modelSpeculation, slicer },
		parts,
		tokens: prompt,
		references,
	}: {
		readonly requestId: string;
		readonly request: ChatRequest;
		readonly arrivalMs: number;
		readonly signal: AbortSignal;
		readonly ready: ChatModel;
		readonly chat: ModelChat;
		readonly context: OpenChatContext;
	} & ChatPrompt): Promise<{
		readonly reply: FromEngine;
		readonly text: string;
	}> {
		const { send, log, now } = this.#options;
		const speculation = modelSpeculation?.forAnswer({
			kind: request.reference === "" ? "chat" : "edit",
			cache,
			references: [...references, ...this.#options.references()],
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
		const detokenizer = new Detokenizer(
			(them, before) => model.detokenize(them, before),
			prompt,
		);
		const splitter = new ReasoningSplitter(parts);
		let timeToFirstTokenMs: number | null = null;
		const tokens: Token[] = [];
		let text = "";
		const sendSegments = (
			segments: ReturnType<ReasoningSplitter["push"]>,
		): void => {
			for (const { kind: segment, text } of segments) {
				timeToFirstTokenMs ??= now() - arrivalMs;
				send({ kind: "chunk", requestId, segment, text });
			}
		};
		let next = await answer.next();
		for (; !next.done; next = await answer.next()) {
			const { token } = next.value;
			tokens.push(token);
			const piece = chat.tags.get(token) ?? detokenizer.push(token);
			text += piece;
			sendSegments(splitter.push(piece));
		}
		sendSegments(splitter.end());
		chat.answers.remember(text, tokens);
		const { stopReason, ...counts } = next.value;
		const stats: GenerationStats = {
			...emptyStats(now() - arrivalMs),
			promptTokens: prompt.length,
			...counts,
			...speculation?.stats,
			timeToFirstTokenMs,
		};
		log.info(`chat ${requestId}: ${stopReason}; ${costOf(stats)}`);
		return {
			reply: { kind: "done", requestId, stopReason, stats },
			text,
		};
	}
}

/** For the log: cost only, no text. */
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

class NoLongerWanted extends Error {}

/** Runs each piece of work behind completions, and behind messages that have arrived. */
function inSlices(
	slicer: TimeSlicer,
	isWanted: () => boolean,
): <T>(work: () => T) => Promise<T> {
	return async (work) => {
		await new Promise((resolve) => setImmediate(resolve));
		return slicer.run(async () => {
			// The model may be gone.
			if (!isWanted()) throw new NoLongerWanted();
			return work();
		});
	};
}
