/**
 * The evaluated state of a conversation on disk, so that the next process need not evaluate it anew. It holds what was said: only the
 * user may read it, and it lies where the conversation lies.
 *
 * Invariant: llama.cpp is only given a file that this engine wrote whole, for the same model, build and context: it does not survive every
 * other. A state is taken away to be read: so nobody changes it meanwhile, and one that ends the process ends no other.
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

/** Answers of the longest conversations. */
const maxCompanionBytes = 16 * 2 ** 20;
/** Less is evaluated as fast as it is read. */
const minTokens = 256;
/** llama.cpp writes 2.5 GB per second where nothing but memory is in the way: a completion that comes meanwhile waits for a tenth of one. */
const maxStateBytes = 256 * 2 ** 20;

/** Which conversation. */
type Stated = Pick<ChatRequest, "stateFile">;

/** What a state is of. */
export interface StateOwner {
	readonly key: string;
	readonly cache: KvCache;
	readonly answers: AnswerTokens;
	/** Of the cache; 0 where that is not known. */
	readonly tokenBytes: number;
}

export class ChatStates {
	readonly #log: Log;
	/** Whose conversation is in a cache. */
	readonly #held = new WeakMap<KvCache, Stated["stateFile"]>();
	readonly #queue = new SerialQueue();
	#saving = 0;

	constructor(log: Log) {
		this.#log = log;
	}

	get isSaving(): boolean {
		return this.#saving > 0;
	}

	/** Resolves when what was to be saved is on disk. */
	settled(): Promise<void> {
		return this.#queue.idle();
	}

	/**
	 * Has the conversation in the cache as it was saved, if it is not there already. To be called before the cache is changed, because it
	 * may still be written for the last question; and before a prompt is made, because the answers have the tokens that are in the state.
	 * Never rejects.
	 */
	async restore({ stateFile }: Stated, owner: StateOwner): Promise<void> {
		await this.#queue.idle();
		const isHeld = this.#held.get(owner.cache) === stateFile;
		this.#held.set(owner.cache, stateFile);
		if (stateFile === null || isHeld) return;
		try {
			if (await take(stateFile, owner))
				this.#log.info(
					`read the state of a conversation: ${owner.cache.tokens.length} tokens`,
				);
		} catch (thrown) {
			this.#log.warn(
				`the state of a conversation could not be read: ${reasonFor(thrown)}`,
			);
		}
	}

	/**
	 * In the background, and never rejects.
	 *
	 * @param answers of this conversation: those of others are none of its business.
	 */
	save(
		{ stateFile }: Stated,
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
				this.#log.warn(
					`the state of a conversation could not be saved: ${reasonFor(thrown)}`,
				);
			} finally {
				this.#saving--;
			}
		});
	}

	/** Behind what is being saved, and with what processes left behind that ended while they saved. Never rejects. */
	remove(stateFile: string): Promise<void> {
		return this.#queue.run(async () => {
			try {
				await rm(stateFile, { force: true });
				await rm(companionOf(stateFile), { force: true });
				await removeLeftovers(stateFile);
			} catch (thrown) {
				this.#log.warn(
					`the state of a conversation could not be removed: ${reasonFor(thrown)}`,
				);
			}
		});
	}
}

/** Puts a state into the cache; false where there is none of this owner. The file is gone afterwards. */
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

/** The state first: without its companion nobody reads it. */
async function write(
	file: string,
	{ key, cache, answers }: StateOwner,
	texts: ReadonlySet<string>,
): Promise<void> {
	const temporary = temporaryFileFor(file);
	await mkdir(path.dirname(file), { recursive: true, mode: privateFolderMode });
	await removeLeftovers(file);
	try {
		// llama.cpp makes the file anew, and would make it for all to read.
		await writeFile(temporary, "", { mode: privateFileMode, flag: "wx" });
		await cache.saveState(temporary);
		await chmod(temporary, privateFileMode);
		const companion: ChatStateCompanion = {
			version: 1,
			key,
			sha256: await sha256Of(temporary),
			answers: answers.among(texts).map(([text, them]) => [text, [...them]]),
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

/** Of processes that ended in the middle. Another window that is in the middle does without its state. */
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
