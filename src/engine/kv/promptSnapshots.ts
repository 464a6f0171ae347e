/**
 * KV snapshots of completion prompts on disk, one for each of the last files, so that the first completion after a restart of the engine
 * waits for no prefill. They are written when nothing is asked for, and before the model is unloaded; and read when a file's first prompt comes.
 *
 * Invariant: a snapshot is written and read while nothing else uses the model, and read only if it holds more of the prompt than the cache.
 */

import { rm, utimes } from "node:fs/promises";
import path from "node:path";
import type { Disposable } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import { SerialQueue } from "../../base/serialQueue.ts";
import type { SetTimer } from "../../base/timers.ts";
import { formatBytes } from "../../base/units.ts";
import type { SavedPrompts } from "../../protocol/engineProtocol.ts";
import type { PromptBudget } from "../../protocol/engineStatus.ts";
import { type FreeBytes, freeBytesOf } from "../../storage/disk.ts";
import type { KvCache } from "./kvCache.ts";
import { longestCommonPrefix } from "./kvCache.ts";
import type { CachedPrompt, KvCachePool, Slot } from "./kvCachePool.ts";
import type { PromptSnapshotHeader } from "./promptSnapshotHeader.ts";
import {
	nameSnapshot,
	removeSnapshot,
	saveBeside,
	snapshotProblem,
	takeSnapshot,
} from "./snapshotFile.ts";
import {
	clearFolder,
	prune,
	readHeaders,
	snapshotName,
} from "./snapshotFolder.ts";

/** What a snapshot can be restored into. */
export interface SnapshotModel {
	readonly caches: KvCachePool;
	readonly budget: PromptBudget;
	/** Identifies the version of the model file. */
	readonly modelKey: string;
	/** Identifies model, context and build of llama.cpp: a snapshot is read under the same key only. */
	readonly snapshotKey: string;
	/** Bytes per token of a cache; 0 if unknown. */
	readonly tokenBytes: number;
}

export interface PromptSnapshotsOptions {
	/** The loaded model. */
	readonly current: () => SnapshotModel | undefined;
	/** Runs work while nothing else uses the model, and after all that someone waits for. */
	readonly whenIdle: (work: () => Promise<void>) => Promise<void>;
	readonly log: Log;
	readonly now: () => number;
	/** Since the epoch. */
	readonly epochMs: () => number;
	readonly setTimer: SetTimer;
	readonly freeBytes?: FreeBytes;
}

/** Shorter prompts are evaluated before anyone notices. */
const minTokens = 96;
/** A snapshot is not read, and not written again, for fewer tokens than this. */
const minGainTokens = 16;
/** llama.cpp writes 2.5 GB per second to memory, so a key waits 50 ms at most. */
const maxSnapshotBytes = 128 * 2 ** 20;
/** A pause in which the user does something else. */
const idleMs = 4_000;
/** The same file is not written more often than this, to spare the disk; what changed since is written before the model is unloaded. */
const minIntervalMs = 60_000;
/** A window that closes waits a second and a half for its engine. */
const maxUnloadMs = 500;
/** A disk with less room is left alone. */
const minFreeBytes = 2 ** 30;

export class PromptSnapshots {
	readonly #options: Required<PromptSnapshotsOptions>;
	/** What was written is named, hashed and deleted here, while the model may be in use again. */
	readonly #files = new SerialQueue();
	#place: SavedPrompts | undefined;
	/** What is on disk or about to be, by name. */
	#headers = new Map<string, Omit<PromptSnapshotHeader, "sha256">>();
	#hashes = new Map<string, string>();
	#savedAtMs = new Map<string, number>();
	/** Slots that were in use when the user deleted all snapshots. */
	#forgotten = new WeakSet<Slot>();
	#timer: Disposable | undefined;

	constructor(options: PromptSnapshotsOptions) {
		this.#options = { freeBytes: freeBytesOf, ...options };
	}

	/** From now on, reads and writes snapshots there. Without a place, it deletes those at the former one. Never rejects. */
	async open(place: SavedPrompts | undefined): Promise<void> {
		this.requestArrived();
		const isSame =
			place?.folder === this.#place?.folder &&
			place?.workspace === this.#place?.workspace;
		if (isSame) return;
		if (!place) await this.clear();
		this.#place = place;
		this.#headers.clear();
		this.#hashes.clear();
		this.#savedAtMs.clear();
		if (!place) return;
		await this.#tryTo("read the saved prompts", async () => {
			await prune(place.folder, this.#options.epochMs());
			const headers = await readHeaders(place.folder, place.workspace);
			for (const [name, header] of headers) {
				this.#headers.set(name, header);
				this.#hashes.set(name, header.sha256);
			}
		});
	}

	/** The budget of an earlier prompt for this model. Another one would cut the same file into another prompt. */
	budgetOf(modelKey: string): PromptBudget | undefined {
		const headers = [...this.#headers.values()];
		return headers.findLast((it) => it.modelKey === modelKey)?.budget;
	}

	/** Saving waits for the next pause. */
	requestArrived(): void {
		this.#timer?.dispose();
		this.#timer = undefined;
	}

	/** Nothing is asked for any more: saves what changed if that stays so. */
	requestsEnded(): void {
		this.requestArrived();
		if (this.#place) this.#saveIn(idleMs);
	}

	/**
	 * Restores what is saved of the prompt, if that is worth more than what the cache holds. Never rejects. The model must not be in use.
	 */
	async restore(prompt: CachedPrompt, cache: KvCache): Promise<void> {
		const place = this.#place;
		const model = this.#options.current();
		if (!place || !model) return;
		const name = snapshotName(place.workspace, prompt.path);
		if (!this.#headers.has(name)) return;
		await this.#files.idle();
		const header = this.#headers.get(name);
		const sha256 = this.#hashes.get(name);
		if (!header || sha256 === undefined) return;
		if (header.key !== model.snapshotKey) {
			await this.#remove(place, name);
			return;
		}
		const saved = longestCommonPrefix(header.tokens, prompt.tokens);
		const held = longestCommonPrefix(cache.tokens, prompt.tokens);
		if (saved - held < minGainTokens) return;
		const file = path.join(place.folder, name);
		const startMs = this.#options.now();
		const isRead = await this.#tryTo("restore a saved prompt", async () => {
			const isTaken = await takeSnapshot(file, sha256, cache, true);
			if (!isTaken) return false;
			// Least recently used are those with the oldest time.
			const usedAt = new Date(this.#options.epochMs());
			await utimes(file, usedAt, usedAt);
			return true;
		});
		if (!isRead) {
			await this.#remove(place, name);
			return;
		}
		const ms = Math.round(this.#options.now() - startMs);
		this.#options.log.info(
			`restored a saved prompt: ${saved} tokens (${formatBytes(header.bytes)}) in ${ms} ms`,
		);
	}

	/** Saves what is not saved yet, the latest first and while time lasts. The model must not be in use. Never rejects. */
	async saveAll(): Promise<void> {
		this.requestArrived();
		const { now } = this.#options;
		const startMs = now();
		for (const slot of this.#unsaved())
			if (now() - startMs < maxUnloadMs) await this.#save(slot);
		await this.#files.idle();
	}

	/** Deletes all snapshots, of all workspaces. A prompt is saved again when it was used again. Never rejects. */
	clear(): Promise<void> {
		for (const slot of this.#options.current()?.caches.slots ?? [])
			this.#forgotten.add(slot);
		return this.#files.run(async () => {
			this.#headers.clear();
			this.#hashes.clear();
			const place = this.#place;
			if (place)
				await this.#tryTo("delete the saved prompts", () =>
					clearFolder(place.folder),
				);
		});
	}

	#saveIn(ms: number): void {
		this.#timer?.dispose();
		this.#timer = this.#options.setTimer(() => void this.#saveWhenIdle(), ms);
	}

	async #saveWhenIdle(): Promise<void> {
		const timer = this.#timer;
		const { now, whenIdle } = this.#options;
		let waitMs = Number.POSITIVE_INFINITY;
		for (const slot of this.#unsaved()) {
			const savedAtMs =
				this.#savedAtMs.get(this.#nameOf(slot)) ?? -minIntervalMs;
			const leftMs = savedAtMs + minIntervalMs - now();
			if (leftMs > 0) waitMs = Math.min(waitMs, leftMs);
			// Unloaded, or used by another prompt, while this waited.
			else
				await whenIdle(async () => {
					if (this.#unsaved().includes(slot)) await this.#save(slot);
				});
		}
		if (Number.isFinite(waitMs) && this.#timer === timer) this.#saveIn(waitMs);
	}

	/** Of each file the prompt that was used last, if its snapshot lacks something. */
	#unsaved(): readonly Slot[] {
		const model = this.#options.current();
		if (!this.#place || !model) return [];
		const latest = new Map<string, Slot>();
		for (const slot of model.caches.slots)
			if (slot.prompt && !latest.has(slot.prompt.path))
				latest.set(slot.prompt.path, slot);
		return [...latest.values()].filter((it) => this.#lacks(it, model));
	}

	#lacks(slot: Slot, model: SnapshotModel): boolean {
		const { cache, prompt } = slot;
		if (!prompt?.mayPersist || this.#forgotten.has(slot)) return false;
		// Without checkpoints, which no snapshot has, such a state serves no other prompt than exactly its own.
		if (!cache.canRollBack || !cache.isIntact) return false;
		const evaluated = longestCommonPrefix(cache.tokens, prompt.tokens);
		const bytes = cache.tokens.length * model.tokenBytes;
		if (evaluated < minTokens || bytes > maxSnapshotBytes) return false;
		const header = this.#headers.get(this.#nameOf(slot));
		const saved =
			header?.key === model.snapshotKey
				? longestCommonPrefix(header.tokens, prompt.tokens)
				: 0;
		return evaluated - saved >= minGainTokens;
	}

	async #save(slot: Slot): Promise<void> {
		const place = this.#place;
		const model = this.#options.current();
		if (!place || !model) return;
		const { cache, prompt } = slot;
		const name = this.#nameOf(slot);
		const file = path.join(place.folder, name);
		this.#savedAtMs.set(name, this.#options.now());
		await this.#tryTo("save a prompt", async () => {
			const saved = await saveBeside(file, cache);
			const free = await this.#options.freeBytes(place.folder);
			if (saved.bytes > maxSnapshotBytes || free < minFreeBytes) {
				await rm(saved.temporary, { force: true });
				return;
			}
			const header: Omit<PromptSnapshotHeader, "sha256"> = {
				version: 1,
				modelKey: model.modelKey,
				key: model.snapshotKey,
				budget: model.budget,
				bytes: saved.bytes,
				tokens: [...cache.tokens],
				snippetTokens: prompt?.snippetTokens ?? 0,
			};
			// Last of all, because it is the newest.
			this.#headers.delete(name);
			this.#headers.set(name, header);
			void this.#files.run(async () => {
				const isNamed = await this.#tryTo("save a prompt", async () => {
					await nameSnapshot(saved, file, (sha256): PromptSnapshotHeader => {
						this.#hashes.set(name, sha256);
						return { ...header, sha256 };
					});
					await prune(place.folder, this.#options.epochMs());
					return true;
				});
				if (isNamed) return;
				this.#headers.delete(name);
				this.#hashes.delete(name);
			});
		});
	}

	/** Of a model, file or build that is no more, or damaged. */
	async #remove({ folder }: SavedPrompts, name: string): Promise<void> {
		this.#headers.delete(name);
		this.#hashes.delete(name);
		await this.#tryTo("delete a saved prompt", () =>
			removeSnapshot(path.join(folder, name)),
		);
	}

	#nameOf({ prompt }: Slot): string {
		return snapshotName(this.#place?.workspace ?? "", prompt?.path ?? "");
	}

	/** Undefined if it threw, which is logged: nothing here may fail a completion. */
	async #tryTo<T>(
		what: string,
		work: () => Promise<T>,
	): Promise<T | undefined> {
		try {
			return await work();
		} catch (thrown) {
			this.#options.log.warn(`could not ${what}: ${snapshotProblem(thrown)}`);
			return undefined;
		}
	}
}
