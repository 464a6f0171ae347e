/**
 * The conversations of a workspace, each in a file of its own, and an index of them.
 *
 * Invariants: the files count, and the index only spares reading them. A file is replaced atomically and under a lock, together with what
 * other windows wrote since. What cannot be read is not lost: it is kept aside, and reported. Files of the former format are converted
 * when they are read, and removed only once the new file is on the disk.
 */

import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { inParallel } from "../../base/inParallel.ts";
import { LruCache } from "../../base/lruCache.ts";
import { failure, type Result, success } from "../../base/result.ts";
import { SerialQueue } from "../../base/serialQueue.ts";
import type {
	Conversation,
	ConversationSummary,
} from "../../protocol/conversation.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import { codeOf } from "../fileErrors.ts";
import { withLock } from "../lock.ts";
import { makePrivateFolder } from "../privateFiles.ts";
import { merged, withoutStreaming } from "./conversationFile.ts";
import {
	ConversationIndex,
	entryOf,
	type IndexEntry,
	stampOf,
} from "./conversationIndex.ts";
import {
	conversationPath,
	conversationsIn,
	type RepairedConversation,
	readStored,
	repairStored,
	writeStored,
} from "./storedConversation.ts";

export interface ConversationList {
	/** The one with the latest question comes first. */
	readonly conversations: readonly ConversationSummary[];
	/** What could not be read of files that are new or have changed. */
	readonly problems: readonly HeadroomError[];
}

export interface OpenedConversation {
	readonly conversation: Conversation;
	/** Null where all of it could be read. */
	readonly problem: HeadroomError | null;
}

export interface SavedConversation {
	/** What was wrong with the file that it was merged into; null where nothing was. */
	readonly problem: HeadroomError | null;
}

const maxParallelReads = 8;
/** For so many conversations this window knows which messages it changed. */
const maxKnown = 4;

export class ConversationStore {
	readonly #folder: string;
	readonly #index: ConversationIndex;
	/** What this window read or saved last, by id. */
	readonly #known = new LruCache<string, Conversation>(maxKnown);
	readonly #queue = new SerialQueue();

	/** @param folder of this workspace alone; created with the first conversation. */
	constructor(folder: string) {
		this.#folder = folder;
		this.#index = new ConversationIndex(folder);
	}

	/** Reads only files that the index does not know as they are. */
	list(): Promise<Result<ConversationList, HeadroomError>> {
		return this.#queue.run(async () => {
			try {
				return success(await this.#list());
			} catch (thrown) {
				if (codeOf(thrown) === "ENOENT")
					return success({ conversations: [], problems: [] });
				return failure(
					createError("historyUnreadable", {
						folder: this.#folder,
						why: messageOf(thrown),
					}),
				);
			}
		});
	}

	open(id: string): Promise<Result<OpenedConversation, HeadroomError>> {
		return this.#queue.run(async () => {
			const read = await this.#read(id);
			if (!read.ok) return read;
			const { problem } = read.value;
			const conversation = withoutStreaming(read.value.conversation);
			this.#known.set(id, conversation);
			return success({ conversation, problem });
		});
	}

	/**
	 * Merges what this window changed into the file. Writes a conversation again that another window deleted. The whole file is written: call
	 * it when a question was asked or an answer ended, and every few seconds while an answer streams, but not per token.
	 */
	save(
		conversation: Conversation,
	): Promise<Result<SavedConversation, HeadroomError>> {
		return this.#queue.run(async () => {
			try {
				const lock = this.#lockOf(conversation.id);
				await makePrivateFolder(this.#folder);
				return await withLock(lock, () => this.#save(conversation));
			} catch (thrown) {
				return failure(
					createError("conversationUnsaved", { why: messageOf(thrown) }),
				);
			}
		});
	}

	/** With everything that was kept aside of it. */
	delete(id: string): Promise<Result<void, HeadroomError>> {
		return this.#queue.run(async () => {
			try {
				const lock = this.#lockOf(id);
				this.#known.delete(id);
				await withLock(lock, async () => {
					const own = (await readdir(this.#folder)).filter(
						(it) => it.startsWith(`${id}.`) && it !== path.basename(lock),
					);
					for (const name of own)
						await rm(path.join(this.#folder, name), { force: true });
					await this.#index.remove(id);
				});
				return success(undefined);
			} catch (thrown) {
				if (codeOf(thrown) === "ENOENT") return success(undefined);
				return failure(
					createError("conversationUndeleted", { why: messageOf(thrown) }),
				);
			}
		});
	}

	/**
	 * Yields what `find` finds, newest conversations first, and reads a few files at a time: it reads no further than it is iterated. Skips
	 * what cannot be read, which `list` and `open` report.
	 */
	async *search<Hit>(
		find: (conversation: Conversation) => Hit | undefined,
	): AsyncGenerator<Hit, void, void> {
		const listed = await this.list();
		if (!listed.ok) return;
		const { conversations } = listed.value;
		for (let at = 0; at < conversations.length; at += maxParallelReads) {
			const hits = await Promise.all(
				conversations
					.slice(at, at + maxParallelReads)
					.map(async ({ id }) => this.#findIn(id, find)),
			);
			for (const hit of hits) if (hit !== undefined) yield hit;
		}
	}

	async #list(): Promise<ConversationList> {
		const stored = [...conversationsIn(await readdir(this.#folder))];
		const indexed = new Map(
			(await this.#index.read()).map((it) => [it.summary.id, it]),
		);
		const problems: HeadroomError[] = [];
		const summarize = async ([id, isFormer]: readonly [string, boolean]) => {
			const known = isFormer ? undefined : indexed.get(id);
			if (known && (await this.#isCurrent(known))) return known;
			const read = await this.#read(id);
			const problem = read.ok ? read.value.problem : read.error;
			if (problem) problems.push(problem);
			return read.ok
				? entryOf(read.value.conversation, read.value.stamp)
				: undefined;
		};
		const listed = await inParallel(stored, maxParallelReads, summarize);
		const entries = listed.filter((it) => it !== undefined);
		const isSame =
			indexed.size === entries.length &&
			entries.every((it) => indexed.get(it.summary.id) === it);
		if (!isSame) await this.#index.write(entries);
		const conversations = entries.map((it) => it.summary).sort(newestFirst);
		return { conversations, problems };
	}

	async #isCurrent({ summary, stamp }: IndexEntry): Promise<boolean> {
		try {
			const now = await stampOf(conversationPath(this.#folder, summary.id));
			return (
				now.sizeBytes === stamp.sizeBytes &&
				now.modifiedAtMs === stamp.modifiedAtMs
			);
		} catch {
			return false;
		}
	}

	/** Repairs damaged files and converts former ones; where the disk does not let it, the problem says so. */
	async #read(
		id: string,
	): Promise<Result<RepairedConversation, HeadroomError>> {
		const file = path.join(this.#folder, `${id}.json`);
		try {
			const stored = await readStored(this.#folder, id);
			if (!stored.ok) return stored;
			if (!stored.value) throw new Error("it does not exist");
			const { conversation, stamp, needsRepair } = stored.value;
			if (conversation && !needsRepair)
				return success({ conversation, stamp, problem: null });
			const repaired = await this.#repaired(id).catch((thrown) => {
				if (!conversation) throw thrown;
				const why = messageOf(thrown);
				const problem = createError("conversationUnsaved", { why });
				return success({ conversation, stamp, problem });
			});
			if (!repaired.ok) return repaired;
			if (!repaired.value) throw new Error("it does not exist");
			return success(repaired.value);
		} catch (thrown) {
			return failure(
				createError("conversationUnreadable", { file, why: messageOf(thrown) }),
			);
		}
	}

	#repaired(
		id: string,
	): Promise<Result<RepairedConversation | undefined, HeadroomError>> {
		return withLock(this.#lockOf(id), () => repairStored(this.#folder, id));
	}

	#lockOf(id: string): string {
		return `${conversationPath(this.#folder, id)}.lock`;
	}

	/** The caller holds the lock. */
	async #save(
		mine: Conversation,
	): Promise<Result<SavedConversation, HeadroomError>> {
		const { id } = mine;
		const stored = await repairStored(this.#folder, id);
		if (!stored.ok && stored.error.code !== "conversationLost") return stored;
		const theirs = stored.ok ? stored.value : undefined;
		const conversation = theirs
			? merged(theirs.conversation, mine, this.#known.get(id))
			: mine;
		const stamp = await writeStored(this.#folder, conversation);
		this.#known.set(id, mine);
		await this.#index.put(conversation, stamp);
		const problem = stored.ok ? theirs?.problem : stored.error;
		return success({ problem: problem ?? null });
	}

	async #findIn<Hit>(
		id: string,
		find: (conversation: Conversation) => Hit | undefined,
	): Promise<Hit | undefined> {
		try {
			const stored = await readStored(this.#folder, id);
			const conversation = stored.ok ? stored.value?.conversation : undefined;
			return conversation && find(withoutStreaming(conversation));
		} catch {
			return undefined;
		}
	}
}

function newestFirst(
	first: ConversationSummary,
	second: ConversationSummary,
): number {
	return (
		second.updatedAtMs - first.updatedAtMs || (first.id < second.id ? -1 : 1)
	);
}
