/**
 * The chat's own model, where it is not the one for completion: loaded when it is asked, beside the other one where both fit, else in its
 * place; and unloaded when nobody asks any more.
 *
 * Invariant: it is loaded and unloaded by one piece of work at a time, and unloaded only while no chat uses it.
 */

import { isDeepStrictEqual } from "node:util";
import type { Disposable } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import { failure, type Result, success } from "../../base/result.ts";
import { SerialQueue } from "../../base/serialQueue.ts";
import type { SetTimer } from "../../base/timers.ts";
import { formatBytes, formatMs } from "../../base/units.ts";
import type { Plan } from "../../memory/plan/plan.ts";
import type { LoadOptions } from "../../protocol/engineProtocol.ts";
import type { OwnChat } from "../../protocol/engineStatus.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import { fileKey } from "../load/fileKey.ts";
import type { LoadProgress, ModelLoader } from "../load/modelLoader.ts";
import { prepareChatModel } from "../load/prepareChatModel.ts";
import type { PrepareOptions } from "../load/prepareModel.ts";
import {
	disposeOfModel,
	type PreparedChatModel,
	type ReadyChatModel,
} from "../load/readyModel.ts";

/** The model for completion, as this one sees it. */
interface Neighbor {
	/** The plans of what it has loaded. */
	plans(): readonly Plan[];
	/** Makes room. False if it holds nothing. Nothing else may use the models meanwhile. */
	lend(): Promise<boolean>;
	/** Takes its room back. Nothing else may use the models meanwhile. */
	takeBack(): Promise<void>;
}

export interface OwnChatModelOptions
	extends Omit<PrepareOptions, "earlierBudget"> {
	readonly loader: ModelLoader;
	readonly neighbor: Neighbor;
	readonly isAnswering: () => boolean;
	/** Runs work while nothing else uses the models. */
	readonly runAlone: <T>(work: () => Promise<T>) => Promise<T>;
	/** The same while no chat is in progress either. */
	readonly runWithoutChats: (work: () => Promise<void>) => Promise<void>;
	readonly onDidChange: () => void;
	readonly log: Log;
	readonly now: () => number;
	readonly setTimer: SetTimer;
}

/** A conversation goes on within minutes; after that, the memory is worth more to other programs. */
const idleMs = 15 * 60_000;
/** While completion waits for it: the time to read an answer. */
const lentIdleMs = 60_000;

export class OwnChatModel {
	readonly #options: OwnChatModelOptions;
	readonly #queue = new SerialQueue();
	#wanted: LoadOptions | undefined;
	#loaded: PreparedChatModel | undefined;
	#error: HeadroomError | undefined;
	#progress: LoadProgress | undefined;
	#timer: Disposable | undefined;
	#hasRoomOfNeighbor = false;
	#pending = 0;

	constructor(options: OwnChatModelOptions) {
		this.#options = options;
	}

	/** Whether the chat has a model of its own. */
	get isWanted(): boolean {
		return this.#wanted !== undefined;
	}

	/** Whether it is being loaded, or is about to be. */
	get isBusy(): boolean {
		return this.#pending > 0;
	}

	/** Undefined where the model for completion chats. */
	get state(): OwnChat | undefined {
		const { file } = this.#wanted ?? {};
		if (file === undefined) return undefined;
		if (this.#loaded) {
			const { model, report: load } = this.#loaded;
			const state = this.#options.isAnswering() ? "generating" : "ready";
			return { state, file, model: model.description, load };
		}
		if (this.#progress) return withState(this.#progress, file);
		if (this.#error) return { state: "failed", file, error: this.#error };
		return { state: "unloaded", file };
	}

	/** Undefined before it is loaded. */
	get current(): Result<ReadyChatModel, HeadroomError> | undefined {
		if (this.#loaded) return success(this.#loaded);
		return this.#error && failure(this.#error);
	}

	get plans(): readonly Plan[] {
		const { plan } = this.#loaded ?? {};
		return plan ? [plan] : [];
	}

	/** Resolves when it is not being loaded. */
	settled(): Promise<void> {
		return this.#queue.idle();
	}

	/** Which model the chat wants, undefined for that of completion. Unloads another one. No chat may be in progress. */
	async want(options: LoadOptions | undefined): Promise<void> {
		const isSame =
			options !== undefined &&
			this.#wanted !== undefined &&
			(!this.#loaded || this.#loaded.fileKey === fileKey(options.file)) &&
			isDeepStrictEqual(essential(options), essential(this.#wanted));
		this.#wanted = options;
		if (isSame) return;
		this.#error = undefined;
		await this.unload();
	}

	/** The model, loaded for this if it is not. Settles when it is ready or has failed. */
	async ready(): Promise<Result<ReadyChatModel, HeadroomError>> {
		this.#stopTimer();
		this.#pending++;
		try {
			return await this.#queue.run(() => this.#readyNow());
		} finally {
			this.#pending--;
			this.restartTimer();
		}
	}

	/** To be called when a chat has ended: the time until it goes begins again. */
	restartTimer(): void {
		this.#stopTimer();
		if (!this.#loaded && !this.#hasRoomOfNeighbor) return;
		const afterMs = this.#hasRoomOfNeighbor ? lentIdleMs : idleMs;
		this.#timer = this.#options.setTimer(() => {
			if (this.#options.isAnswering()) this.restartTimer();
			else void this.#options.runWithoutChats(() => this.#goIdle());
		}, afterMs);
	}

	/** No chat may be in progress. */
	async unload(): Promise<void> {
		this.#stopTimer();
		const loaded = this.#loaded;
		this.#loaded = undefined;
		if (!loaded) return;
		await disposeOfModel(loaded);
		this.#options.onDidChange();
	}

	/** The neighbor was loaded again, or another model in its place. */
	neighborIsBack(): void {
		this.#hasRoomOfNeighbor = false;
	}

	async #readyNow(): Promise<Result<ReadyChatModel, HeadroomError>> {
		if (this.#loaded) return success(this.#loaded);
		if (!this.#wanted) return failure(createError("engineStopped", {}));
		const loaded = await this.#load(this.#wanted);
		this.#progress = undefined;
		if (loaded.ok) this.#loaded = loaded.value;
		else this.#error = loaded.error;
		this.#options.onDidChange();
		return loaded;
	}

	async #goIdle(): Promise<void> {
		const { log, neighbor } = this.#options;
		await this.unload();
		log.info("unloaded the chat's model: nobody has asked it for a while");
		if (!this.#hasRoomOfNeighbor) return;
		this.#hasRoomOfNeighbor = false;
		await neighbor.takeBack();
	}

	async #load(
		options: LoadOptions,
	): Promise<Result<PreparedChatModel, HeadroomError>> {
		const { neighbor, runAlone, log } = this.#options;
		this.#error = undefined;
		const beside = await this.#loadBeside(options);
		if (beside.ok || !isShortOfMemory(beside.error)) return beside;
		if (!(await runAlone(() => neighbor.lend()))) return beside;
		log.info("the chat's model has no room beside that for completion");
		this.#hasRoomOfNeighbor = true;
		const alone = await this.#loadBeside(options);
		if (!alone.ok) {
			this.#hasRoomOfNeighbor = false;
			await runAlone(() => neighbor.takeBack());
		}
		return alone;
	}

	async #loadBeside(
		options: LoadOptions,
	): Promise<Result<PreparedChatModel, HeadroomError>> {
		const { loader, neighbor, log, now, onDidChange } = this.#options;
		const startMs = now();
		const loaded = await loader.load({
			role: "chat",
			options,
			beside: () => neighbor.plans(),
			report: (progress) => {
				this.#progress = progress;
				onDidChange();
			},
			prepare: (model, attempt) =>
				prepareChatModel(model, attempt, this.#options),
		});
		if (!loaded.ok) return loaded;
		const { model, report } = loaded.value;
		const { name, quantization, fileBytes } = model.description;
		const loadMs = now() - startMs;
		log.info(
			`loaded ${name} for chat (${quantization}, ${formatBytes(fileBytes)}) on ${model.backend}, a context of ${report.contextWindow} tokens, ` +
				`KV cache ${report.kvType}, in ${formatMs(loadMs)}`,
		);
		return success({ ...loaded.value, report: { ...report, loadMs } });
	}

	#stopTimer(): void {
		this.#timer?.dispose();
		this.#timer = undefined;
	}
}

/** What was measured meanwhile asks for no other load, nor does what failed. */
function essential({ record: _, avoid: __, ...options }: LoadOptions): unknown {
	return options;
}

function isShortOfMemory({ code }: HeadroomError): boolean {
	return code === "modelTooLarge" || code === "modelOutOfMemory";
}

function withState(progress: LoadProgress, file: string): OwnChat {
	const { kind: state, chat: _, ...rest } = progress;
	return { state, file, ...rest } as OwnChat;
}
