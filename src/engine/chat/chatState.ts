/**
 * KV snapshots of conversations on disk, so that the next process need not evaluate them again. They lie beside the conversation.
 *
 * Invariant: a snapshot is read only for the same model, build and context, and reading removes it from disk: nothing changes it meanwhile.
 */

import type { Log } from "../../base/log.ts";
import { SerialQueue } from "../../base/serialQueue.ts";
import type { ChatRequest } from "../../protocol/chat.ts";
import type { KvCache } from "../kv/kvCache.ts";
import {
	nameSnapshot,
	readCompanion,
	removeLeftovers,
	removeSnapshot,
	saveBeside,
	snapshotProblem,
	takeSnapshot,
} from "../kv/snapshotFile.ts";
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
			this.#log.warn(
				`could not restore a chat snapshot: ${snapshotProblem(thrown)}`,
			);
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
				this.#log.warn(
					`could not save a chat snapshot: ${snapshotProblem(thrown)}`,
				);
			} finally {
				this.#saving--;
			}
		});
	}

	/** After pending saves. Also removes temporary files of processes that ended while saving. Never rejects. */
	remove(stateFile: string): Promise<void> {
		return this.#queue.run(async () => {
			try {
				await removeSnapshot(stateFile);
				await removeLeftovers(stateFile);
			} catch (thrown) {
				this.#log.warn(
					`could not remove a chat snapshot: ${snapshotProblem(thrown)}`,
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
	const companion = ChatStateCompanion.safeParse(
		await readCompanion(file, maxCompanionBytes),
	).data;
	if (companion?.key !== key) return false;
	if (!(await takeSnapshot(file, companion.sha256, cache))) return false;
	for (const [text, tokens] of companion.answers)
		answers.remember(text, tokens);
	return true;
}

async function write(
	file: string,
	{ key, cache, answers }: StateOwner,
	texts: ReadonlySet<string>,
): Promise<void> {
	await removeLeftovers(file);
	const saved = await saveBeside(file, cache);
	await nameSnapshot(
		saved,
		file,
		(sha256): ChatStateCompanion => ({
			version: 1,
			key,
			sha256,
			answers: answers
				.withTexts(texts)
				.map(([text, them]) => [text, [...them]]),
		}),
	);
}
