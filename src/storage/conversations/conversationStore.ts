/**
 * The conversations of a workspace, each in a file of its own, and an index of them.
 *
 * Invariants: the files are what counts, and the index only spares reading them: where its size of a file is not that of the file, the
 * file is read. A file is appended to or replaced whole, and what two windows write about one conversation comes together, the later
 * change of a message counting. Nothing that cannot be read is lost: it is kept aside, and named.
 */

import { readdir, rm } from "node:fs/promises";
import path from "node:path";
import { assert } from "../../base/assert.ts";
import { LruCache } from "../../base/lruCache.ts";
import { failure, type Result, success } from "../../base/result.ts";
import { SerialQueue } from "../../base/serialQueue.ts";
import {
	type Conversation,
	ConversationId,
	type ConversationSummary,
} from "../../protocol/conversation.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import { replaceFile } from "../atomicFile.ts";
import { codeOf } from "../fileErrors.ts";
import {
	appendToPrivateFile,
	type FileState,
	fileState,
	keepAside,
	makePrivateFolder,
} from "../privateFiles.ts";
import { readSmallFile } from "../smallFile.ts";
import {
	changedLines,
	parseConversationFile,
	wholeFileText,
} from "./conversationFile.ts";
import {
	ConversationIndex,
	newestFirst,
	summaryOf,
} from "./conversationIndex.ts";

export interface ConversationList {
	/** The one that was asked last comes first. */
	readonly conversations: readonly ConversationSummary[];
	/** What could not be read of files that were new or had changed. */
	readonly problems: readonly HeadroomError[];
}

export interface OpenedConversation {
	readonly conversation: Conversation;
	/** Null where all of it could be read. */
	readonly problem: HeadroomError | null;
}

export interface SavedConversation {
	/** What was found wrong with the file that it went into; null where nothing was. */
	readonly problem: HeadroomError | null;
}

/** A conversation with a thousand files attached is smaller. */
const maxFileBytes = 256 * 2 ** 20;
const extension = ".jsonl";
/** So many files are read at once. */
const atOnce = 8;
/** With more lines that count no more than lines that do, a file is written anew when it is read. */
const maxOutdatedLines = 64;
/** How many conversations are appended to without their file being read first. */
const maxKnown = 4;

interface Known extends FileState {
	/** What the file holds of this window's. */
	readonly conversation: Conversation;
}

export class ConversationStore {
	readonly #folder: string;
	readonly #index: ConversationIndex;
	readonly #known = new LruCache<string, Known>(maxKnown);
	readonly #queue = new SerialQueue();

	/** @param folder of this workspace alone; made with the first conversation. */
	constructor(folder: string) {
		this.#folder = folder;
		this.#index = new ConversationIndex(folder);
	}

	/** Reads the index, and files only where the index does not tell of them as they are. */
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
			if (read.ok) await this.#remember(read.value.conversation);
			return read;
		});
	}

	/**
	 * Writes what changed since it was read or saved last. A conversation that another window deleted is there again. To be
	 * called when something was asked, ended, selected or renamed, and now and then while an answer streams; not per token.
	 */
	save(
		conversation: Conversation,
	): Promise<Result<SavedConversation, HeadroomError>> {
		return this.#queue.run(() => this.#save(conversation));
	}

	/** With all that was kept aside of it. */
	delete(id: string): Promise<Result<void, HeadroomError>> {
		return this.#queue.run(async () => {
			try {
				this.#known.delete(id);
				const own = (await readdir(this.#folder)).filter((name) =>
					name.startsWith(`${id}.`),
				);
				for (const name of own)
					await rm(path.join(this.#folder, name), { force: true });
				await this.#index.remove(id);
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
	 * What `find` finds, newest conversations first, a few files at a time: stop taking, and no more is read. What cannot be read is passed
	 * over: `list` and `open` tell of it.
	 */
	async *search<Hit>(
		find: (conversation: Conversation) => Hit | undefined,
	): AsyncGenerator<Hit, void, void> {
		const listed = await this.list();
		if (!listed.ok) return;
		const { conversations } = listed.value;
		for (let start = 0; start < conversations.length; start += atOnce) {
			const found = await Promise.all(
				conversations
					.slice(start, start + atOnce)
					.map(async ({ id }) => this.#look(id, find)),
			);
			for (const hit of found) if (hit !== undefined) yield hit;
		}
	}

	/** Settles when everything that was asked for so far is done. */
	flush(): Promise<void> {
		return this.#queue.idle();
	}

	async #list(): Promise<ConversationList> {
		const indexed = new Map(
			(await this.#index.read()).map((it) => [it.id, it] as const),
		);
		const ids = (await readdir(this.#folder))
			.filter((name) => name.endsWith(extension))
			.map((name) => name.slice(0, -extension.length))
			.filter((id) => ConversationId.safeParse(id).success);
		const problems: HeadroomError[] = [];
		const summaries: ConversationSummary[] = [];
		for (let start = 0; start < ids.length; start += atOnce)
			await Promise.all(
				ids.slice(start, start + atOnce).map(async (id) => {
					const state = await fileState(this.#file(id));
					if (!state) return;
					const known = indexed.get(id);
					if (known?.sizeBytes === state.sizeBytes) {
						summaries.push(known);
						return;
					}
					const read = await this.#read(id);
					if (!read.ok) problems.push(read.error);
					else {
						const { conversation, problem } = read.value;
						if (problem) problems.push(problem);
						// It may have been mended.
						const now = await fileState(this.#file(id));
						summaries.push(summaryOf(conversation, now?.sizeBytes ?? 0));
					}
				}),
			);
		summaries.sort(newestFirst);
		const isSame =
			indexed.size === summaries.length &&
			summaries.every((it) => indexed.get(it.id) === it);
		if (!isSame) await this.#index.write(summaries);
		return { conversations: summaries, problems };
	}

	/** Mends the file where it is damaged or long-winded. */
	async #read(id: string): Promise<Result<OpenedConversation, HeadroomError>> {
		const file = this.#file(id);
		try {
			checkId(id);
			const parsed = parseConversationFile(
				await readSmallFile(file, maxFileBytes),
			);
			if (parsed.kind === "newer")
				return failure(createError("conversationNewer", { file }));
			if (parsed.kind === "broken" || parsed.conversation.id !== id) {
				const kept = await keepAside(file);
				await rm(file);
				return failure(createError("conversationLost", { file, kept }));
			}
			const { conversation, isDamaged, outdatedLines } = parsed;
			const problem = isDamaged
				? createError("conversationDamaged", {
						file,
						kept: await keepAside(file),
					})
				: null;
			const isLong =
				outdatedLines > maxOutdatedLines &&
				outdatedLines > conversation.messages.length;
			if (isDamaged || isLong)
				await replaceFile(file, wholeFileText(conversation), {
					isPrivate: true,
				});
			return success({ conversation, problem });
		} catch (thrown) {
			return failure(
				createError("conversationUnreadable", { file, why: messageOf(thrown) }),
			);
		}
	}

	async #save(
		conversation: Conversation,
	): Promise<Result<SavedConversation, HeadroomError>> {
		const { id } = conversation;
		try {
			checkId(id);
			await makePrivateFolder(this.#folder);
			const known = this.#known.get(id);
			const state = known && (await this.#append(known, conversation));
			if (state) this.#known.set(id, { ...state, conversation });
			const saved = state
				? success({ problem: null })
				: await this.#writeWhole(conversation);
			const { sizeBytes = 0 } = this.#known.get(id) ?? {};
			if (saved.ok) await this.#index.put(summaryOf(conversation, sizeBytes));
			return saved;
		} catch (thrown) {
			// What the file holds now is not known.
			this.#known.delete(id);
			return failure(
				createError("conversationUnsaved", { why: messageOf(thrown) }),
			);
		}
	}

	#append(
		known: Known,
		conversation: Conversation,
	): Promise<FileState | undefined> {
		const lines = changedLines(known.conversation, conversation);
		return appendToPrivateFile(this.#file(conversation.id), lines, known);
	}

	/** Together with what another window wrote: neither loses a message. */
	async #writeWhole(
		conversation: Conversation,
	): Promise<Result<SavedConversation, HeadroomError>> {
		const file = this.#file(conversation.id);
		const read = (await fileState(file))
			? await this.#read(conversation.id)
			: undefined;
		if (read && !read.ok && read.error.code !== "conversationLost") return read;
		const mine = wholeFileText(conversation);
		const merged = parseConversationFile(
			read?.ok ? `${wholeFileText(read.value.conversation)}\n${mine}` : mine,
		);
		assert(
			merged.kind === "conversation" && !merged.isDamaged,
			"what a message follows stands before it",
		);
		await replaceFile(file, wholeFileText(merged.conversation), {
			isPrivate: true,
		});
		await this.#remember(conversation);
		const problem = read && (read.ok ? read.value.problem : read.error);
		return success({ problem: problem ?? null });
	}

	async #remember(conversation: Conversation): Promise<void> {
		const state = await fileState(this.#file(conversation.id));
		if (state) this.#known.set(conversation.id, { ...state, conversation });
	}

	async #look<Hit>(
		id: string,
		find: (conversation: Conversation) => Hit | undefined,
	): Promise<Hit | undefined> {
		try {
			const parsed = parseConversationFile(
				await readSmallFile(this.#file(id), maxFileBytes),
			);
			return parsed.kind === "conversation"
				? find(parsed.conversation)
				: undefined;
		} catch {
			return undefined;
		}
	}

	#file(id: string): string {
		return path.join(this.#folder, `${id}${extension}`);
	}
}

function checkId(id: string): void {
	if (!ConversationId.safeParse(id).success)
		throw new Error(`${JSON.stringify(id)} names no conversation`);
}
