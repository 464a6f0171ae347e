/** Keeps the automatic choice of the model for chat, for each model for completion. */

import { orAborted } from "../../base/abort.ts";
import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import type { Device } from "../../protocol/device.ts";
import { errorText, type HeadroomError } from "../../protocol/errors.ts";
import type { ListedModel } from "../library/modelLibrary.ts";
import { type ChatChoice, chooseChatModel } from "./chatModelChoice.ts";
import { isShipped, mayRecommend } from "./recommendModel.ts";

export interface AutomaticChatModelOptions {
	/** Must not reject. */
	readonly list: () => Promise<readonly ListedModel[]>;
	/** Must not reject. */
	readonly devices: () => Promise<Result<readonly Device[], HeadroomError>>;
	/** Models in its folder are never chosen for chat. */
	readonly builtInFile: string;
	readonly log: Log;
	/** Aborts when a start of the engine should wait no longer for the choice. */
	readonly timeLimit?: () => AbortSignal;
}

const timeLimitMs = 3_000;

export class AutomaticChatModel {
	readonly #options: Required<AutomaticChatModelOptions>;
	readonly #choices = new Map<string, Promise<ChatChoice>>();

	constructor(options: AutomaticChatModelOptions) {
		this.#options = {
			timeLimit: () => AbortSignal.timeout(timeLimitMs),
			...options,
		};
	}

	chooseFor(completionFile: string): Promise<ChatChoice> {
		const known = this.#choices.get(completionFile);
		if (known) return known;
		const choice = this.#choose(completionFile);
		this.#choices.set(completionFile, choice);
		return choice;
	}

	/** Like `chooseFor`, but that for completion after the time limit; the choice counts from the next load. */
	async fileInTimeFor(completionFile: string): Promise<string> {
		const choice = await orAborted(
			this.chooseFor(completionFile),
			this.#options.timeLimit(),
		);
		return choice?.file ?? completionFile;
	}

	/** Chooses again on next use. */
	forget(): void {
		this.#choices.clear();
	}

	async #choose(completionFile: string): Promise<ChatChoice> {
		const { list, devices, builtInFile, log } = this.#options;
		const models = (await list()).filter(
			(it) => it.file === completionFile || !isShipped(it, builtInFile),
		);
		const same: ChatChoice = { file: completionFile, how: "same" };
		const hasOthers = models.some(
			(it) => it.file !== completionFile && mayRecommend(it, "chat"),
		);
		// Asking for the devices wakes up a GPU.
		if (!hasOthers) return same;
		const described = await devices();
		if (!described.ok) {
			log.warn(`chose no other model for chat: ${errorText(described.error)}`);
			return same;
		}
		const choice = chooseChatModel({
			models,
			completionFile,
			devices: described.value,
		});
		log.info(
			choice.how === "same"
				? "chose the model for completion for chat, too"
				: `chose ${choice.file} for chat, ${choice.how === "beside" ? "beside that for completion" : "in turn with that for completion"}`,
		);
		return choice;
	}
}
