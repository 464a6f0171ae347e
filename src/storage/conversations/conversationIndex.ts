/** `index.json` in the folder of the conversations: what a list shows of them, so that none has to be read for it. */

import { rm } from "node:fs/promises";
import path from "node:path";
import {
	type Conversation,
	type ConversationSummary,
	indexText,
	parseIndex,
} from "../../protocol/conversation.ts";
import { replaceFile } from "../atomicFile.ts";
import { readSmallFile } from "../smallFile.ts";

const indexName = "index.json";
/** An entry has some 200 bytes. */
const maxIndexBytes = 64 * 2 ** 20;

/** Of two windows that write it at once the last one wins: the list notices by the sizes of the files. */
export class ConversationIndex {
	readonly #file: string;

	/** @param folder that exists when something is written. */
	constructor(folder: string) {
		this.#file = path.join(folder, indexName);
	}

	/** Empty where there is none that can be used: it is made again from the files. */
	async read(): Promise<readonly ConversationSummary[]> {
		try {
			return parseIndex(await readSmallFile(this.#file, maxIndexBytes)) ?? [];
		} catch {
			return [];
		}
	}

	/** Where it cannot be written there is none: an old one would go on naming what was deleted. */
	async write(summaries: readonly ConversationSummary[]): Promise<void> {
		try {
			await replaceFile(this.#file, indexText(summaries), { isPrivate: true });
		} catch {
			await rm(this.#file, { force: true }).catch(() => {});
		}
	}

	/** In place of the one with the same id. */
	async put(summary: ConversationSummary): Promise<void> {
		await this.write([...(await this.#without(summary.id)), summary]);
	}

	async remove(id: string): Promise<void> {
		await this.write(await this.#without(id));
	}

	async #without(id: string): Promise<ConversationSummary[]> {
		return (await this.read()).filter((it) => it.id !== id);
	}
}

export function summaryOf(
	{ id, title, createdAtMs, updatedAtMs, messages }: Conversation,
	sizeBytes: number,
): ConversationSummary {
	const messageCount = messages.length;
	return { id, title, createdAtMs, updatedAtMs, messageCount, sizeBytes };
}

export function newestFirst(
	first: ConversationSummary,
	second: ConversationSummary,
): number {
	return (
		second.updatedAtMs - first.updatedAtMs || (first.id < second.id ? -1 : 1)
	);
}
