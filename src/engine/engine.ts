/**
 * The engine: routes messages to completions, chat and the model slot. It knows neither processes nor llama.cpp.
 *
 * Invariant: every request is answered by exactly one `done`, `loaded`, `chatLoaded`, `counted`, `devices` or `failed`, and nothing is sent for it after that.
 */

import { assertNever } from "../base/assert.ts";
import { type Log, logTo } from "../base/log.ts";
import { failure, type Result, success } from "../base/result.ts";
import { type SetTimer, setRealTimer } from "../base/timers.ts";
import type { ReadModelFile } from "../models/header/modelFile.ts";
import type { ReadVocabulary } from "../models/header/readVocabulary.ts";
import type { Device } from "../protocol/device.ts";
import {
	type FromEngine,
	type LoadOptions,
	ToEngine,
} from "../protocol/engineProtocol.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../protocol/errors.ts";
import { Chat } from "./chat/chat.ts";
import { ChatStates } from "./chat/chatState.ts";
import { Completions } from "./fim/completions.ts";
import { PromptSnapshots } from "./kv/promptSnapshots.ts";
import type { MachineAccess } from "./load/loadAttempt.ts";
import type { ReadyChatModel, ReadyModel } from "./load/readyModel.ts";
import { RoleModels } from "./load/roleModels.ts";
import { failed, replyTo } from "./replies.ts";
import type { CreateRuntime, LoadedModel } from "./runtime/runtime.ts";
import { LoadGate } from "./schedule/loadGate.ts";
import { Scheduler } from "./schedule/scheduler.ts";
import { TimeSlicer } from "./schedule/timeSlicer.ts";
import { ReferenceTokens } from "./speculation/referenceTokens.ts";
import { StatusReporter } from "./statusReporter.ts";

export interface EngineOptions {
	readonly createRuntime: CreateRuntime;
	readonly readModelFile: ReadModelFile;
	readonly readVocabulary: ReadVocabulary;
	readonly send: (message: FromEngine) => void;
	/** Called when the work has ended after a `shutdown`. */
	readonly onShutdown: () => void;
	readonly now?: () => number;
	readonly setTimer?: SetTimer;
	readonly driver?: string;
	readonly measureRam?: MachineAccess["measureRam"];
}

export class Engine {
	readonly #send: EngineOptions["send"];
	readonly #onShutdown: () => void;
	readonly #log: Log;
	readonly #scheduler = new Scheduler();
	readonly #gate: LoadGate;
	readonly #models: RoleModels;
	readonly #references: ReferenceTokens;
	readonly #chatReferences: ReferenceTokens;
	readonly #completions: Completions;
	readonly #chat: Chat;
	readonly #prompts: PromptSnapshots;
	#latestLoadId: string | undefined;
	#isShuttingDown = false;

	constructor({
		createRuntime,
		readModelFile,
		readVocabulary,
		send,
		onShutdown,
		now = () => performance.now(),
		setTimer = setRealTimer,
		driver = "",
		measureRam = () => Promise.resolve(undefined),
	}: EngineOptions) {
		this.#send = send;
		this.#onShutdown = onShutdown;
		this.#log = logTo((level, message) =>
			send({ kind: "log", level, message }),
		);
		const current = () => this.#models.completion.current;
		const status = new StatusReporter({
			send: (report) => send({ kind: "report", report }),
			current,
			ownChat: () => this.#models.ownChat.state,
			isGenerating: () =>
				this.#completions.isAtWork ||
				(this.#chat.isAtWork && !this.#models.ownChat.isWanted),
		});
		const shared = {
			onDidChange: () => status.update(),
			send,
			log: this.#log,
			now,
		};
		this.#prompts = new PromptSnapshots({
			current: () => {
				const ready = current();
				return ready?.ok ? ready.value : undefined;
			},
			whenIdle: (work) => this.#gate.run(work, "idle"),
			log: this.#log,
			now,
			epochMs: Date.now,
			setTimer,
		});
		this.#models = new RoleModels({
			createRuntime,
			readModelFile,
			readVocabulary,
			report: (report) => status.report(report),
			log: this.#log,
			now,
			epochMs: Date.now,
			driver,
			measureRam,
			learn: (learned) => send({ kind: "learned", learned }),
			createSlicer: () => new TimeSlicer(this.#scheduler, "chat", now),
			earlierBudget: (modelKey) => this.#prompts.budgetOf(modelKey),
			onDidChangeChat: () => status.update(),
			isAnswering: () => this.#chat.isAnswering,
			willLend: () => this.#prompts.saveAll(),
			runAlone: (work) => this.#scheduler.run(work),
			runWithoutChats: (work) => this.#gate.runWithoutChats(work),
			setTimer,
		});
		this.#chat = new Chat({
			...shared,
			current: () => this.#models.chat,
			references: () => this.#chatReferences.tokens(),
			onDidChange: () => {
				status.update();
				if (!this.#chat.isAnswering) this.#models.ownChat.restartTimer();
			},
			model: () => this.#chatModel(),
			states: new ChatStates(this.#log),
			onDidMakeContext: (context) => {
				this.#models.completion.addContext(context);
				status.refresh();
			},
		});
		this.#gate = new LoadGate(this.#scheduler, {
			isBusy: () => this.#chat.isBusy || this.#models.ownChat.isBusy,
			stopAll: async () => {
				await this.#chat.stopAll();
				await this.#models.ownChat.settled();
			},
		});
		this.#completions = new Completions({
			...shared,
			current,
			references: () => this.#references.tokens(),
			gate: this.#gate,
			prompts: this.#prompts,
			isChatAnswering: () => this.#chat.isAnswering,
		});
		this.#references = new ReferenceTokens({
			tokenizer: () => modelOf(current()),
			log: this.#log,
		});
		// Another vocabulary. Where the chat has no model of its own, these are the same tokens once more, and most are asked for by neither.
		this.#chatReferences = new ReferenceTokens({
			tokenizer: () => modelOf(this.#models.chat),
			log: this.#log,
		});
	}

	/** @param raw a message from the channel, not yet parsed. */
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
			case "loadChat":
				void this.#loadChat(message.requestId);
				return;
			case "complete":
				void this.#completions.complete(
					message.requestId,
					message.request,
					message.replaces,
				);
				return;
			case "cancel":
				this.#completions.cancel(message.requestId);
				this.#chat.cancel(message.requestId);
				return;
			case "chat":
				this.#completions.cancelIdle();
				void this.#chat.answer(message.requestId, message.request);
				return;
			case "count":
				this.#count(message);
				return;
			case "deleteState":
				this.#chat.deleteState(message.stateFile);
				return;
			case "clearPrompts":
				void this.#prompts.clear();
				return;
			case "references":
				this.#references.receive(message.references);
				this.#chatReferences.receive(message.references);
				return;
			case "describeDevices":
				void this.#describeDevices(message);
				return;
			case "ping":
				this.#send({ kind: "pong" });
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
		const load = async (): Promise<Result<FromEngine, HeadroomError>> => {
			if (this.#isShuttingDown)
				return failure(createError("engineStopped", {}));
			if (this.#latestLoadId !== requestId)
				return failure(createError("loadSuperseded", { file }));
			// Where they are no longer wanted, they are deleted and not saved.
			if (options.savedPrompts) await this.#prompts.saveAll();
			await this.#prompts.open(options.savedPrompts);
			await this.#models.load(options);
			const ready = this.#ready();
			if (!ready.ok) return ready;
			const { model, budget, report } = ready.value;
			const loaded = { model: model.description, budget, load: report };
			return success({ kind: "loaded", requestId, loaded });
		};
		this.#send(
			await replyTo(
				requestId,
				() => this.#gate.runWithoutChats(load),
				(why) => {
					this.#log.error(`load ${requestId} failed: ${why}`);
					return createError("modelRefused", { file, why });
				},
			),
		);
	}

	async #loadChat(requestId: string): Promise<void> {
		const load = async (): Promise<Result<FromEngine, HeadroomError>> => {
			const ready = await this.#chatModel();
			if (!ready.ok) return ready;
			const { model, report } = ready.value;
			const loaded = { model: model.description, load: report };
			return success({ kind: "chatLoaded", requestId, loaded });
		};
		this.#send(
			await replyTo(requestId, load, (why) =>
				createError("chatFailed", { why }),
			),
		);
	}

	/** Answers past the queue, and at once unless the text is long. */
	#count({ requestId, turns }: ToEngine & { readonly kind: "count" }): void {
		const answer = (counts: Awaited<ReturnType<Chat["count"]>>): void =>
			this.#send(
				counts.ok
					? { kind: "counted", requestId, counts: counts.value }
					: failed(requestId, counts.error),
			);
		const fail = (thrown: unknown): void => {
			const error = createError("generationFailed", { why: messageOf(thrown) });
			this.#send(failed(requestId, error));
		};
		try {
			const counts = this.#chat.count(turns);
			if (counts instanceof Promise) counts.then(answer).catch(fail);
			else answer(counts);
		} catch (thrown) {
			fail(thrown);
		}
	}

	/** The model, or why there is none. */
	#ready(): Result<ReadyModel, HeadroomError> {
		return (
			this.#models.completion.current ??
			failure(createError("engineStopped", {}))
		);
	}

	/** The model that chats, after all earlier requests, loads among them. Its own is loaded for this. */
	async #chatModel(): Promise<Result<ReadyChatModel, HeadroomError>> {
		const ready = await this.#gate.run(() => Promise.resolve(this.#ready()));
		return this.#models.ownChat.isWanted ? this.#models.ownChat.ready() : ready;
	}

	async #shutdown(): Promise<void> {
		this.#isShuttingDown = true;
		this.#completions.cancelAll();
		await this.#gate
			.runWithoutChats(async () => {
				await this.#prompts.saveAll();
				await this.#models.dispose();
			})
			.catch(() => {});
		this.#onShutdown();
	}

	async #describeDevices({
		requestId,
		gpu,
		record,
	}: ToEngine & { readonly kind: "describeDevices" }): Promise<void> {
		const describe = async (): Promise<Result<FromEngine, HeadroomError>> => {
			const devices =
				gpu === null
					? await this.#loadedDevices()
					: await this.#scheduler.run(() =>
							this.#models.loader.devices(gpu, record),
						);
			return devices.ok
				? success({ kind: "devices", requestId, devices: devices.value })
				: devices;
		};
		this.#send(
			await replyTo(requestId, describe, (why) =>
				createError("devicesUnknown", { why }),
			),
		);
	}

	/** Bypasses the queue: it is polled, takes a fraction of a millisecond, and does not touch the state of a generation. */
	async #loadedDevices(): Promise<Result<readonly Device[], HeadroomError>> {
		const ready = this.#ready();
		return ready.ok ? success(await ready.value.model.devices()) : ready;
	}

	/** A malformed request is still answered if it has an id. */
	#refuse(raw: unknown, reason: string): void {
		const why = reason.slice(0, 200);
		this.#log.error(`refused a message: ${why}`);
		const requestId = (raw as { requestId?: unknown } | null)?.requestId;
		if (typeof requestId === "string")
			this.#send(failed(requestId, createError("badMessage", { why })));
	}
}

function modelOf(
	ready: Result<ReadyChatModel, HeadroomError> | undefined,
): LoadedModel | undefined {
	return ready?.ok ? ready.value.model : undefined;
}
