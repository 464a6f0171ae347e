/**
 * KV snapshots of conversations on disk, so that the next process need not evaluate them again. They contain text of the user: only the
 * user may read them, and they lie beside the conversation.
 *
 * Invariant: llama.cpp only reads a file that this engine wrote completely, for the same model, build and context, because it may crash on any
 * other. Reading a snapshot removes it from disk: nothing changes it meanwhile, and one that crashes the process does so only once.
 */

import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Log } from "../../base/log.ts";
import { SerialQueue } from "../../base/serialQueue.ts";
import type { ChatRequest } from "../../protocol/chat.ts";
import { replaceFile, temporaryFileFor } from "../../storage/atomicFile.ts";
import { codeOf } from "../../storage/fileErrors.ts";
import {
	privateFileMode,
	privateFolderMode,
} from "../../storage/privateFiles.ts";
import { sha256Of } from "../../storage/sha256.ts";
import { readSmallFile } from "../../storage/smallFile.ts";
import type { KvCache } from "../kv/kvCache.ts";
import { ChatStateCompanion } from "./chatStateCompanion.ts";
import type { AnswerTokens } from "./chatTokens.ts";

/** More than the answers of the longest conversations. */
const maxCompanionBytes = 16 * 2 ** 20;
/** Shorter prompts are evaluated as fast as they are read. */
const minTokens = 256;
/** llama.cpp writes 2.5 GB per second to memory, so a completion waits 0.1 s at most. */
const maxStateBytes = 256 * 2 ** 20;

/** Identifies the conversation. */
type StateRequest = Pick<ChatRequest, "stateFile">;

/** What is saved, and what a snapshot is restored into. */
export interface StateOwner {
	readonly key: string;
	readonly cache: KvCache;
	readonly answers: AnswerTokens;
	/** Bytes per token of the cache; 0 if unknown. */
	readonly tokenBytes: number;
}

export class ChatStates {
	readonly #log: Log;
	/** Which conversation is in a cache. */
	readonly #held = new WeakMap<KvCache, StateRequest["stateFile"]>();
	readonly #queue = new SerialQueue();
	#saving = 0;

	constructor(log: Log) {
		this.#log = log;
	}

	get isSaving(): boolean {
		return this.#saving > 0;
	}

	/** Resolves when the pending snapshots are on disk. */
	settled(): Promise<void> {
		return this.#queue.idle();
	}

	/**
	 * Restores the conversation into the cache, unless it is there already. Call it before the cache changes, because a snapshot of it may still
	 * be in progress; and before the prompt is built, because it restores the tokens of the answers. Never rejects.
	 */
	async restore({ stateFile }: StateRequest, owner: StateOwner): Promise<void> {
		await this.#queue.idle();
		const isHeld = this.#held.get(owner.cache) === stateFile;
		this.#held.set(owner.cache, stateFile);
		if (stateFile === null || isHeld) return;
		try {
			if (await take(stateFile, owner))
				this.#log.info(
					`restored a chat snapshot: ${owner.cache.tokens.length} tokens`,
				);
		} catch (thrown) {
			this.#log.warn(`could not restore a chat snapshot: ${reasonFor(thrown)}`);
		}
	}

	/**
	 * Saves a snapshot in the background; never rejects.
	 *
	 * @param answers the texts whose tokens are saved: those of this conversation only.
	 */
	save(
		{ stateFile }: StateRequest,
		owner: StateOwner,
		answers: ReadonlySet<string>,
	): Promise<void> {
		const { length } = owner.cache.tokens;
		if (
			stateFile === null ||
			length < minTokens ||
			length * owner.tokenBytes > maxStateBytes
		)
			return this.#queue.idle();
		this.#saving++;
		return this.#queue.run(async () => {
			try {
				await write(stateFile, owner, answers);
			} catch (thrown) {
				this.#log.warn(`could not save a chat snapshot: ${reasonFor(thrown)}`);
			} finally {
				this.#saving--;
			}
		});
	}

	/** After pending saves. Also removes temporary files of processes that ended while saving. Never rejects. */
	remove(stateFile: string): Promise<void> {
		return this.#queue.run(async () => {
			try {
				await rm(stateFile, { force: true });
				await rm(companionOf(stateFile), { force: true });
				await removeLeftovers(stateFile);
			} catch (thrown) {
				this.#log.warn(
					`could not remove a chat snapshot: ${reasonFor(thrown)}`,
				);
			}
		});
	}
}

/** Moves a snapshot from disk into the cache; false if there is none with this key. */
async function take(
	file: string,
	{ key, cache, answers }: StateOwner,
): Promise<boolean> {
	const companion = await readCompanion(file);
	if (companion?.key !== key) return false;
	const taken = temporaryFileFor(file);
	try {
		await rename(file, taken);
		await rm(companionOf(file), { force: true });
		if ((await sha256Of(taken)) !== companion.sha256) return false;
		await cache.loadState(taken);
	} finally {
		await rm(taken, { force: true });
	}
	for (const [text, tokens] of companion.answers)
		answers.remember(text, tokens);
	return true;
}

async function readCompanion(
	file: string,
): Promise<ChatStateCompanion | undefined> {
	try {
		const text = await readSmallFile(companionOf(file), maxCompanionBytes);
		return ChatStateCompanion.safeParse(JSON.parse(text)).data;
	} catch {
		return undefined;
	}
}

/** Writes the snapshot first: without its companion nothing reads it. */
async function write(
	file: string,
	{ key, cache, answers }: StateOwner,
	texts: ReadonlySet<string>,
): Promise<void> {
	const temporary = temporaryFileFor(file);
	await mkdir(path.dirname(file), { recursive: true, mode: privateFolderMode });
	await removeLeftovers(file);
	try {
		// llama.cpp would create the file readable for all.
		await writeFile(temporary, "", { mode: privateFileMode, flag: "wx" });
		await cache.saveState(temporary);
		await chmod(temporary, privateFileMode);
		const companion: ChatStateCompanion = {
			version: 1,
			key,
			sha256: await sha256Of(temporary),
			answers: answers
				.withTexts(texts)
				.map(([text, them]) => [text, [...them]]),
		};
		await rm(companionOf(file), { force: true });
		await rename(temporary, file);
		await replaceFile(companionOf(file), JSON.stringify(companion), {
			isPrivate: true,
		});
	} catch (thrown) {
		await rm(temporary, { force: true });
		throw thrown;
	}
}

function companionOf(file: string): string {
	return `${file}.json`;
}

/** Removes temporary files of processes that ended while saving. Another window that is saving right now loses its snapshot. */
async function removeLeftovers(file: string): Promise<void> {
	const folder = path.dirname(file);
	const names = existsSync(folder) ? await readdir(folder) : [];
	const leftovers = names.filter(
		(it) => it.startsWith(`${path.basename(file)}.`) && it.endsWith(".tmp"),
	);
	for (const it of leftovers)
		await rm(path.join(folder, it), { force: true }).catch(() => {});
}

/** Only the code: a log holds no path and no text of the user's. */
function reasonFor(thrown: unknown): string {
	return codeOf(thrown) ?? "unknown reason";
}
