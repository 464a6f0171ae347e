/**
 * The engine: messages in, messages out. It knows neither processes nor llama.cpp.
 *
 * Invariant: every request is answered by exactly one `done`, `loaded`, `counted`, `devices` or `failed`, and nothing is sent for it after that.
 */

import { assertNever } from "../base/assert.ts";
import { type Log, logTo } from "../base/log.ts";
import { failure, type Result, success } from "../base/result.ts";
import type { ReadModelFile } from "../models/header/modelFile.ts";
import type { ReadVocabulary } from "../models/header/readVocabulary.ts";
import type { ChatTurn } from "../protocol/chat.ts";
import type { Device } from "../protocol/device.ts";
import {
	type FromEngine,
	type LoadOptions,
	ToEngine,
} from "../protocol/engineProtocol.ts";
import type { EngineReport, LoadResult } from "../protocol/engineStatus.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../protocol/errors.ts";
import type {
	FimRequest,
	GenerationStats,
	Priority,
} from "../protocol/generation.ts";
import { Chat, type ChattingModel } from "./chat/chat.ts";
import { ChatStates } from "./chat/chatState.ts";
import { Detokenizer } from "./decode/detokenizer.ts";
import { generate } from "./decode/generate.ts";
import { type FimPrompt, fimPrompt } from "./fim/fimPrompt.ts";
import { batchTokens } from "./load/contextSize.ts";
import { ModelSlot, type ModelSlotOptions } from "./load/modelSlot.ts";
import type { ReadyModel } from "./load/readyModel.ts";
import type { CreateRuntime, FimTokens } from "./runtime/runtime.ts";
import { Scheduler, type Urgency } from "./schedule/scheduler.ts";
import { TimeSlicer } from "./schedule/timeSlicer.ts";
import { References } from "./speculation/references.ts";

export interface EngineOptions {
	readonly createRuntime: CreateRuntime;
	readonly readModelFile: ReadModelFile;
	readonly readVocabulary: ReadVocabulary;
	readonly send: (message: FromEngine) => void;
	/** Called when the work has ended after a `shutdown`. */
	readonly onShutdown: () => void;
	readonly now?: () => number;
	readonly driver?: string;
	readonly measureRam?: ModelSlotOptions["measureRam"];
}

interface Running {
	readonly requestId: string;
	readonly arrivalMs: number;
	readonly priority: Priority;
	readonly controller: AbortController;
}

export class Engine {
	readonly #send: EngineOptions["send"];
	readonly #onShutdown: () => void;
	readonly #now: () => number;
	readonly #log: Log;
	readonly #scheduler = new Scheduler();
	readonly #slot: ModelSlot;
	readonly #references: References;
	readonly #running = new Map<string, Running>();
	readonly #chat: Chat;
	/** While answers are being ended for a load: what comes meanwhile waits for that load. */
	#closing: Promise<void> | undefined;
	/** Completions under way that someone waits for. */
	#awaited = 0;
	#reported: EngineReport["kind"] | undefined;
	#latestLoadId: string | undefined;
	#isShuttingDown = false;

	constructor({
		createRuntime,
		readModelFile,
		readVocabulary,
		send,
		onShutdown,
		now = () => performance.now(),
		driver = "",
		measureRam = () => Promise.resolve(undefined),
	}: EngineOptions) {
		this.#send = send;
		this.#onShutdown = onShutdown;
		this.#now = now;
		this.#log = logTo((level, message) =>
			send({ kind: "log", level, message }),
		);
		this.#slot = new ModelSlot({
			createRuntime,
			readModelFile,
			readVocabulary,
			report: (report) => this.#report(report),
			log: this.#log,
			now,
			epochMs: Date.now,
			driver,
			measureRam,
			learn: (learned) => send({ kind: "learned", learned }),
			slicer: new TimeSlicer(this.#scheduler, "chat", now),
		});
		this.#chat = new Chat({
			model: () => this.#chattingModel(),
			current: () => this.#slot.current,
			references: () => this.#references.tokens(),
			states: new ChatStates(this.#log),
			send,
			onDidChange: () => this.#reportActivity(),
			onDidMakeContext: (context) => {
				this.#slot.addContext(context);
				this.#reported = undefined;
				this.#reportActivity();
			},
			unstarted: (arrivalMs) => this.#unstarted(arrivalMs),
			log: this.#log,
			now,
		});
		this.#references = new References({
			tokenizer: () => {
				const { current } = this.#slot;
				return current?.ok ? current.value.model : undefined;
			},
			log: this.#log,
		});
	}

	/** Takes a message as it came off the wire. */
	receive(raw: unknown): void {
		const parsed = ToEngine.safeParse(raw);
		if (!parsed.success) {
			this.#refuse(raw, parsed.error.message);
			return;
		}
		const message = parsed.data;
		switch (message.kind) {
			case "load":
				void this.#load(message.requestId, message.options);
				return;
			case "complete":
				void this.#complete(message.requestId, message.request);
				return;
			case "cancel":
				this.#running.get(message.requestId)?.controller.abort();
				this.#chat.cancel(message.requestId);
				return;
			case "chat":
				this.#giveWay();
				void this.#chat.answer(message.requestId, message.request);
				return;
			case "count":
				this.#count(message.requestId, message.turns);
				return;
			case "forgetState":
				this.#chat.forgetState(message.stateFile);
				return;
			case "references":
				this.#references.receive(message.references);
				return;
			case "describeDevices":
				void this.#describeDevices(message);
				return;
			case "shutdown":
				void this.#shutdown();
				return;
			default:
				assertNever(message);
		}
	}

	async #load(requestId: string, options: LoadOptions): Promise<void> {
		this.#latestLoadId = requestId;
		const { file } = options;
		const load = async (): Promise<Result<LoadResult, HeadroomError>> => {
			if (this.#isShuttingDown)
				return failure(createError("engineStopped", {}));
			if (this.#latestLoadId !== requestId)
				return failure(createError("loadSuperseded", { file }));
			await this.#slot.load(options);
			const { current } = this.#slot;
			if (!current) return failure(createError("engineStopped", {}));
			if (!current.ok) return current;
			const { model, budget, report } = current.value;
			return success({ model: model.description, budget, load: report });
		};
		let loaded: Result<LoadResult, HeadroomError>;
		try {
			loaded = await this.#afterAnswers(load);
		} catch (thrown) {
			const why = messageOf(thrown);
			this.#log.error(`load ${requestId} failed: ${why}`);
			loaded = failure(createError("modelRefused", { file, why }));
		}
		this.#send(
			loaded.ok
				? { kind: "loaded", requestId, loaded: loaded.value }
				: { kind: "failed", requestId, error: loaded.error },
		);
	}

	/** Conversations work between other work, so they are ended before the model goes. */
	async #afterAnswers<T>(work: () => Promise<T>): Promise<T> {
		if (!this.#closing && !this.#chat.isBusy) return this.#scheduler.run(work);
		// Not in the queue: their last slice may wait there.
		const closing = Promise.all([this.#closing, this.#chat.stopAll()]).then(
			() => {
				if (this.#closing === closing) this.#closing = undefined;
			},
		);
		this.#closing = closing;
		await closing;
		return this.#scheduler.run(work);
	}

	/** After what was asked for before and is as urgent; a load waits for answers to end, and who came after it for both. */
	async #run<T>(work: () => Promise<T>, urgency?: Urgency): Promise<T> {
		while (this.#closing) await this.#closing;
		return this.#scheduler.run(work, urgency);
	}

	#count(requestId: string, turns: readonly ChatTurn[]): void {
		try {
			const counts = this.#chat.count(turns);
			this.#send(
				counts.ok
					? { kind: "counted", requestId, counts: counts.value }
					: { kind: "failed", requestId, error: counts.error },
			);
		} catch (thrown) {
			const error = createError("generationFailed", { why: messageOf(thrown) });
			this.#send({ kind: "failed", requestId, error });
		}
	}

	/** What is loaded, once what was asked for before is done. */
	#chattingModel(): Promise<Result<ChattingModel, HeadroomError>> {
		return this.#run(() => {
			const current = this.#slot.current;
			return Promise.resolve(
				current ?? failure(createError("engineStopped", {})),
			);
		});
	}

	async #shutdown(): Promise<void> {
		this.#isShuttingDown = true;
		for (const { controller } of this.#running.values()) controller.abort();
		await this.#afterAnswers(() => this.#slot.dispose()).catch(() => {});
		this.#onShutdown();
	}

	async #describeDevices({
		requestId,
		gpu,
		record,
	}: ToEngine & { readonly kind: "describeDevices" }): Promise<void> {
		const failed = (error: HeadroomError): void =>
			this.#send({ kind: "failed", requestId, error });
		try {
			const devices =
				gpu === null
					? await this.#loadedDevices()
					: await this.#scheduler.run(() => this.#slot.devices(gpu, record));
			if (devices.ok)
				this.#send({ kind: "devices", requestId, devices: devices.value });
			else failed(devices.error);
		} catch (thrown) {
			failed(createError("devicesUnknown", { why: messageOf(thrown) }));
		}
	}

	/**
	 * Past the queue: it is asked for again and again, and reading takes a fraction of a millisecond and touches nothing that a completion
	 * does. While a load is under way there is no model to ask.
	 */
	async #loadedDevices(): Promise<Result<readonly Device[], HeadroomError>> {
		const current = this.#slot.current;
		if (!current) return failure(createError("engineStopped", {}));
		return current.ok ? success(await current.value.model.devices()) : current;
	}

	async #complete(requestId: string, request: FimRequest): Promise<void> {
		const running: Running = {
			requestId,
			arrivalMs: this.#now(),
			priority: request.priority,
			controller: new AbortController(),
		};
		if (request.priority === "typing") this.#giveWay();
		this.#running.set(requestId, running);
		let last: FromEngine;
		try {
			last = await this.#run(
				() => this.#completeNow(running, request),
				request.priority,
			);
		} catch (thrown) {
			this.#log.error(`request ${requestId} failed: ${messageOf(thrown)}`);
			last = {
				kind: "failed",
				requestId,
				error: createError("generationFailed", { why: messageOf(thrown) }),
			};
		}
		this.#running.delete(requestId);
		this.#send(last);
	}

	/** What is done in advance must not keep anyone waiting. What it evaluated so far is still there when it is asked for again. */
	#giveWay(): void {
		for (const { priority, controller } of this.#running.values())
			if (priority === "idle") controller.abort();
	}

	async #completeNow(
		{ requestId, arrivalMs, controller }: Running,
		request: FimRequest,
	): Promise<FromEngine> {
		const { signal } = controller;
		const failed = (error: HeadroomError): FromEngine => ({
			kind: "failed",
			requestId,
			error,
		});
		const cancelled = (): FromEngine => ({
			kind: "done",
			requestId,
			stopReason: "cancelled",
			stats: this.#unstarted(arrivalMs),
		});
		if (signal.aborted) return cancelled();

		const current = this.#slot.current;
		if (!current) return failed(createError("engineStopped", {}));
		if (!current.ok) return failed(current.error);
		const ready = current.value;
		const { fimTokens, description } = ready.model;
		if (!fimTokens)
			return failed(createError("fimUnsupported", { model: description.name }));

		// Nobody is to wait for it, and someone waits for an answer.
		if (request.priority === "idle" && this.#chat.isAnswering)
			return cancelled();
		// Work done in advance is nobody's business: the status would flicker with every pause.
		const isAwaited = request.priority === "typing";
		if (isAwaited) this.#awaited++;
		this.#reportActivity();
		try {
			return await this.#generate({
				requestId,
				arrivalMs,
				signal,
				ready,
				request,
				prompt: promptFor(request, ready, fimTokens),
			});
		} finally {
			if (isAwaited) this.#awaited--;
			this.#reportActivity();
		}
	}

	async #generate({
		requestId,
		arrivalMs,
		signal,
		ready: { model, caches, vocabulary, speculation: ofModel },
		request: { path, maxTokens, kind, rank },
		prompt,
	}: {
		requestId: string;
		arrivalMs: number;
		signal: AbortSignal;
		ready: ReadyModel;
		request: FimRequest;
		prompt: FimPrompt;
	}): Promise<FromEngine> {
		let timeToFirstTokenMs: number | null = null;
		const text = new Detokenizer(
			(tokens, before) => model.detokenize(tokens, before),
			prompt.tokens,
		);
		const cache = caches.chooseFor({ ...prompt, path });
		const speculation = ofModel?.forAnswer({
			kind,
			cache,
			references: this.#references.tokens(),
			path,
			isSpecial: (token) => model.isSpecial(token),
			isLast: (token) => kind === "line" && vocabulary.endsLine(token),
		});
		const tokens = generate(cache, prompt.tokens, {
			maxTokens,
			chunkTokens: batchTokens,
			checkpoints: checkpointsOf(prompt),
			start: {
				heldBack: prompt.heldBack,
				rank,
				vocabulary,
				textOf: (token) => model.detokenize([token], prompt.tokens.slice(-1)),
			},
			speculation,
			isEnd: (token) => model.isSpecial(token),
			signal,
			now: this.#now,
		});
		let known = prompt.heldBack.length;
		let next = await tokens.next();
		while (!next.done) {
			const read = text.push(next.value);
			const chunk = read.slice(known);
			known -= read.length - chunk.length;
			if (chunk !== "") timeToFirstTokenMs ??= this.#now() - arrivalMs;
			if (chunk !== "")
				this.#send({ kind: "chunk", requestId, segment: "text", text: chunk });
			next = await tokens.next();
		}
		const { stopReason, ...counts } = next.value;
		return {
			kind: "done",
			requestId,
			stopReason,
			stats: {
				...this.#unstarted(arrivalMs),
				promptTokens: prompt.tokens.length,
				leftOutTokens: prompt.leftOutTokens,
				snippetTokens: prompt.snippetTokens,
				...counts,
				...speculation?.stats,
				timeToFirstTokenMs,
			},
		};
	}

	#report(report: EngineReport): void {
		this.#reported = report.kind;
		this.#send({ kind: "report", report });
	}

	/** What is done for who waits, of either kind; where that is what was reported last, nothing. */
	#reportActivity(): void {
		const current = this.#slot.current;
		if (!current?.ok) return;
		const isAtWork = this.#awaited > 0 || this.#chat.isAtWork;
		const kind = isAtWork ? "generating" : "ready";
		if (kind === this.#reported) return;
		const { model, budget, report: load } = current.value;
		this.#report({ kind, model: model.description, budget, load });
	}

	/** A request whose message makes no sense is still answered, where it can be told which it is. */
	#refuse(raw: unknown, why: string): void {
		const error = createError("badMessage", { why: why.slice(0, 200) });
		this.#log.error(`refused a message: ${why.slice(0, 200)}`);
		const requestId = (raw as { requestId?: unknown } | null)?.requestId;
		if (typeof requestId === "string")
			this.#send({ kind: "failed", requestId, error });
	}

	#unstarted(arrivalMs: number): GenerationStats {
		return {
			promptTokens: 0,
			reusedTokens: 0,
			leftOutTokens: 0,
			snippetTokens: 0,
			prefillTokens: 0,
			prefillMs: 0,
			decodeTokens: 0,
			decodeSteps: 0,
			decodeMs: 0,
			plainDecodeMs: 0,
			draftedTokens: 0,
			acceptedTokens: 0,
			timeToFirstTokenMs: null,
			totalMs: this.#now() - arrivalMs,
		};
	}
}

function promptFor(
	request: FimRequest,
	{ model, vocabulary, budget }: ReadyModel,
	tokens: FimTokens,
): FimPrompt {
	return fimPrompt(
		request,
		{
			tokens,
			order: model.description.fimOrder,
			beginningOfText: model.beginningOfText,
			tokenize: (text) => model.tokenize(text),
			detokenize: (them, before) => model.detokenize(them, before),
			canBegin: (text) => vocabulary.canBegin(text),
		},
		budget,
	);
}

/**
 * Where later prompts come back to. Where the line is empty, the stable part may be the whole prompt, and its last token is evaluated
 * anew for what follows it: so the place is before that.
 */
function checkpointsOf({
	snippetTokens,
	stableTokens,
}: FimPrompt): readonly number[] {
	return [snippetTokens, stableTokens - 1];
}
