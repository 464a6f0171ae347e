/** Where the engine keeps KV snapshots of completion prompts, and their deletion. */

import { rm } from "node:fs/promises";
import type { Log } from "../base/log.ts";
import type { SavedPrompts } from "../protocol/engineProtocol.ts";
import { codeOf } from "../storage/fileErrors.ts";

export interface PromptFolderOptions extends SavedPrompts {
	/** Whether the user wants any. */
	readonly isWanted: () => boolean;
	readonly log: Log;
}

export class PromptFolder {
	readonly #options: PromptFolderOptions;

	constructor(options: PromptFolderOptions) {
		this.#options = options;
	}

	/** For the options of a load; empty where the user wants none. */
	get loadOption(): { readonly savedPrompts?: SavedPrompts } {
		const { folder, workspace, isWanted } = this.#options;
		return isWanted() ? { savedPrompts: { folder, workspace } } : {};
	}

	/** Deletes what is there, also of other workspaces. Never rejects. */
	async clear(): Promise<void> {
		const { folder, log } = this.#options;
		try {
			await rm(folder, { recursive: true, force: true });
		} catch (thrown) {
			log.warn(
				`could not delete the saved prompts: ${codeOf(thrown) ?? "unknown reason"}`,
			);
		}
	}

	/** Deletes what is there if the user no longer wants it. Never rejects. */
	async clearIfUnwanted(): Promise<void> {
		if (!this.#options.isWanted()) await this.clear();
	}
}
