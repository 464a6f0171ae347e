/** `index.json` in the folder of the conversations: a cache of what a list shows, so that no conversation has to be read for it. */

import { rm, stat } from "node:fs/promises";
import path from "node:path";
import * as z from "zod/mini";
import {
	type Conversation,
	ConversationSummary,
} from "../../protocol/conversation.ts";
import { replaceFile } from "../atomicFile.ts";
import { readSmallFile } from "../smallFile.ts";

export const indexName = "index.json";
const version = 2;
/** An entry has some 200 bytes. */
const maxIndexBytes = 64 * 2 ** 20;

/** Changes whenever the file is replaced. */
const FileStamp = z.readonly(
	z.object({ sizeBytes: z.number(), modifiedAtMs: z.number() }),
);
export type FileStamp = z.infer<typeof FileStamp>;

const IndexEntry = z.readonly(
	z.object({
		summary: ConversationSummary,
		/** Of the file that was summed up: where it has another stamp now, the summary is outdated. */
		stamp: FileStamp,
	}),
);
export type IndexEntry = z.infer<typeof IndexEntry>;

const Index = z.object({
	version: z.literal(version),
	entries: z.readonly(z.array(IndexEntry)),
});

export class ConversationIndex {
	readonly #file: string;

	constructor(folder: string) {
		this.#file = path.join(folder, indexName);
	}

	/** Empty where the index is missing or cannot be used. */
	async read(): Promise<readonly IndexEntry[]> {
		try {
			const text = await readSmallFile(this.#file, maxIndexBytes);
			return Index.parse(JSON.parse(text)).entries;
		} catch {
			return [];
		}
	}

	/** Removes an index that cannot be replaced: it would go on naming what was deleted. */
	async write(entries: readonly IndexEntry[]): Promise<void> {
		const text = JSON.stringify({ version, entries } satisfies z.infer<
			typeof Index
		>);
		try {
			await replaceFile(this.#file, text, { isPrivate: true });
		} catch {
			await rm(this.#file, { force: true }).catch(() => {});
		}
	}

	async put(conversation: Conversation, stamp: FileStamp): Promise<void> {
		const others = await this.#without(conversation.id);
		await this.write([...others, entryOf(conversation, stamp)]);
	}

	async remove(id: string): Promise<void> {
		await this.write(await this.#without(id));
	}

	async #without(id: string): Promise<IndexEntry[]> {
		return (await this.read()).filter((it) => it.summary.id !== id);
	}
}

export function entryOf(
	{ id, title, createdAtMs, updatedAtMs, messages }: Conversation,
	stamp: FileStamp,
): IndexEntry {
	const messageCount = messages.length;
	const summary = { id, title, createdAtMs, updatedAtMs, messageCount };
	return { summary, stamp };
}

export async function stampOf(file: string): Promise<FileStamp> {
	const { size, mtimeMs } = await stat(file);
	return { sizeBytes: size, modifiedAtMs: mtimeMs };
}
