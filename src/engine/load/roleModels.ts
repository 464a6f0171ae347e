/**
 * The models of the two roles: one for completion, which also chats unless the chat has a model of its own.
 *
 * Invariant: a load that changes the model of one role keeps that of the other, with its caches, as far as memory allows.
 */

import type { Result } from "../../base/result.ts";
import type { SetTimer } from "../../base/timers.ts";
import type { LoadOptions } from "../../protocol/engineProtocol.ts";
import type { EngineReport } from "../../protocol/engineStatus.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import { OwnChatModel } from "../chat/ownChatModel.ts";
import { ModelLoader, type ModelLoaderOptions } from "./modelLoader.ts";
import { ModelSlot } from "./modelSlot.ts";
import type { PrepareOptions } from "./prepareModel.ts";
import type { ReadyChatModel } from "./readyModel.ts";

export interface RoleModelsOptions
	extends ModelLoaderOptions,
		Required<Omit<PrepareOptions, "slicer">> {
	/** Slices the work of one model. */
	readonly createSlicer: () => PrepareOptions["slicer"];
	/** Of the model for completion. */
	readonly report: (report: EngineReport) => void;
	/** Called when the state of the chat's own model may have changed. */
	readonly onDidChangeChat: () => void;
	readonly isAnswering: () => boolean;
	/** Called before the memory of the model for completion is lent. */
	readonly willLend: () => Promise<void>;
	/** Runs work while nothing else uses the models. */
	readonly runAlone: <T>(work: () => Promise<T>) => Promise<T>;
	/** The same while no chat is in progress either. */
	readonly runWithoutChats: (work: () => Promise<void>) => Promise<void>;
	readonly setTimer: SetTimer;
}

export class RoleModels {
	readonly loader: ModelLoader;
	readonly completion: ModelSlot;
	readonly ownChat: OwnChatModel;

	constructor(options: RoleModelsOptions) {
		const { createSlicer, onDidChangeChat, willLend } = options;
		this.loader = new ModelLoader(options);
		this.completion = new ModelSlot({
			...options,
			loader: this.loader,
			slicer: createSlicer(),
		});
		this.ownChat = new OwnChatModel({
			...options,
			loader: this.loader,
			slicer: createSlicer(),
			onDidChange: onDidChangeChat,
			neighbor: {
				plans: () => this.completion.plans,
				lend: async () => {
					if (!this.completion.current?.ok) return false;
					await willLend();
					await this.completion.lend();
					return true;
				},
				takeBack: () => this.completion.takeBack(),
			},
		});
	}

	/** The model that chats; undefined while there is none. */
	get chat(): Result<ReadyChatModel, HeadroomError> | undefined {
		return this.ownChat.isWanted
			? this.ownChat.current
			: this.completion.current;
	}

	/** Loads the model for completion, unless it is loaded already; the chat's own is loaded when it is asked. Nothing else may use the models. */
	async load(options: LoadOptions): Promise<void> {
		const { completion, ownChat } = this;
		await ownChat.want(chatOptions(options));
		if (completion.isLoadedBy(options)) {
			completion.keep(options);
			return;
		}
		// What it lent is needed back.
		if (completion.isLent) await ownChat.unload();
		await completion.load(options, { beside: () => ownChat.plans });
		if (isShortOfMemory(completion.current) && ownChat.plans.length > 0) {
			await ownChat.unload();
			await completion.load(options);
		}
		ownChat.neighborIsBack();
	}

	async dispose(): Promise<void> {
		await this.ownChat.unload();
		await this.completion.unload();
		await this.loader.dispose();
	}
}

/** Undefined where the model for completion chats. */
function chatOptions({
	chat,
	savedPrompts: _,
	...options
}: LoadOptions): LoadOptions | undefined {
	return chat && { ...options, ...chat };
}

function isShortOfMemory(
	current: Result<unknown, HeadroomError> | undefined,
): boolean {
	return (
		current?.ok === false &&
		(current.error.code === "modelTooLarge" ||
			current.error.code === "modelOutOfMemory")
	);
}
