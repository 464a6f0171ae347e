/**
 * Keeps what was learned of this machine in a file, across windows and restarts.
 *
 * Invariant: at any time the file is whole, one record or another. Of two windows that write, the last one wins: what the other learned
 * is learned again.
 */

import path from "node:path";
import type { Disposable } from "../base/disposable.ts";
import type { Log } from "../base/log.ts";
import { type SetTimer, setRealTimer } from "../base/timers.ts";
import { messageOf } from "../protocol/errors.ts";
import { emptyRecord, MachineRecord } from "../protocol/machineRecord.ts";
import { replaceFile, replaceFileSync } from "./atomicFile.ts";
import { codeOf } from "./fileErrors.ts";
import { readSmallFile } from "./smallFile.ts";

export interface RecordStoreOptions {
	/** Made where it does not exist yet. */
	readonly folder: string;
	readonly log: Log;
	readonly setTimer?: SetTimer;
}

export const recordFileName = "machine.json";

/** All tables full of the longest entries are smaller. */
const maxFileBytes = 4 * 2 ** 20;

/** What is learned in one load is written at once. */
const writePauseMs = 1_000;

export class RecordStore implements Disposable {
	readonly #file: string;
	readonly #log: Log;
	readonly #setTimer: SetTimer;
	#current = emptyRecord;
	/** What the file holds, as far as this window knows; undefined until it was read. */
	#saved: MachineRecord | undefined;
	/** What came before the file was read, to be done to what it holds. */
	#early: ((record: MachineRecord) => MachineRecord)[] = [];
	#timer: Disposable | undefined;
	#writing: Promise<void> | undefined;
	#hasFailed = false;
	#disposed = false;

	/** Settles when the file was read, whatever became of that. */
	readonly ready: Promise<void>;

	constructor({ folder, log, setTimer = setRealTimer }: RecordStoreOptions) {
		this.#file = path.join(folder, recordFileName);
		this.#log = log;
		this.#setTimer = setTimer;
		this.ready = this.#read();
	}

	/** Empty until the file was read. */
	get current(): MachineRecord {
		return this.#current;
	}

	/** Takes effect at once, and is written some time later. */
	update(change: (record: MachineRecord) => MachineRecord): void {
		if (!this.#saved) this.#early.push(change);
		this.#current = change(this.#current);
		this.#writeLater();
	}

	/** Settles when everything is written that was learned so far, or could not be. */
	async flush(): Promise<void> {
		await this.ready;
		await this.#writing;
		if (!this.#disposed) await this.#write();
	}

	/** Writes what is not written yet, before it returns: the window may be gone afterwards. */
	dispose(): void {
		if (this.#disposed) return;
		this.#disposed = true;
		this.#timer?.dispose();
		// What the file holds is worth more than what was learned before it could be read.
		if (!this.#saved || this.#saved === this.#current) return;
		try {
			replaceFileSync(this.#file, JSON.stringify(this.#current));
		} catch (thrown) {
			this.#failed(thrown);
		}
	}

	async #read(): Promise<void> {
		const read = await readRecord(this.#file, this.#log);
		this.#saved = read;
		this.#current = this.#early.reduce(
			(record, change) => change(record),
			read,
		);
		this.#early = [];
		this.#writeLater();
	}

	#writeLater(): void {
		const isDue = this.#saved && this.#saved !== this.#current;
		if (!isDue || this.#timer || this.#writing || this.#disposed) return;
		this.#timer = this.#setTimer(() => void this.#write(), writePauseMs);
	}

	#write(): Promise<void> {
		this.#timer?.dispose();
		this.#timer = undefined;
		if (this.#writing) return this.#writing;
		const record = this.#current;
		this.#writing = this.#save(record).finally(() => {
			this.#writing = undefined;
			// What could not be written is tried again with the next thing that is learned.
			if (this.#current !== record) this.#writeLater();
		});
		return this.#writing;
	}

	async #save(record: MachineRecord): Promise<void> {
		if (record === this.#saved) return;
		try {
			await replaceFile(this.#file, JSON.stringify(record), {
				// What `dispose` wrote is newer.
				isStale: () => this.#disposed,
			});
			this.#saved = record;
		} catch (thrown) {
			this.#failed(thrown);
		}
	}

	#failed(thrown: unknown): void {
		if (this.#hasFailed) return;
		this.#hasFailed = true;
		this.#log.warn(
			`what was learned of this machine cannot be kept: ${messageOf(thrown)}`,
		);
	}
}

/** Empty where there is none that can be used; the log says why, unless there is no file at all. */
async function readRecord(file: string, log: Log): Promise<MachineRecord> {
	try {
		const parsed = MachineRecord.safeParse(
			JSON.parse(await readSmallFile(file, maxFileBytes)),
		);
		if (!parsed.success) throw new Error("it is of another version");
		return parsed.data;
	} catch (thrown) {
		if (codeOf(thrown) !== "ENOENT")
			log.warn(
				`what was learned of this machine is learned anew, ${file} cannot be used: ${messageOf(thrown)}`,
			);
		return emptyRecord;
	}
}
