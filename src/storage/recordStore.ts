/**
 * Stores what was measured of this machine in a file, across windows and restarts.
 *
 * Invariant: the file always holds one complete record. If two windows write, the last one wins: what the other measured is measured again.
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
	/** Created where it does not exist. */
	readonly folder: string;
	readonly log: Log;
	readonly setTimer?: SetTimer;
}

export const recordFileName = "machine.json";

/** More than full tables with the longest entries. */
const maxFileBytes = 4 * 2 ** 20;

/** Long enough to write the measurements of one load together. */
const writePauseMs = 1_000;

export class RecordStore implements Disposable {
	readonly #file: string;
	readonly #log: Log;
	readonly #setTimer: SetTimer;
	#current = emptyRecord;
	/** The content of the file, as far as this window knows; undefined until it was read. */
	#saved: MachineRecord | undefined;
	/** Updates from before the file was read, to be applied to its content. */
	#early: ((record: MachineRecord) => MachineRecord)[] = [];
	#timer: Disposable | undefined;
	#writing: Promise<void> | undefined;
	#hasFailed = false;
	#disposed = false;

	/** Resolves when the file was read, or could not be. */
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

	/** Takes effect immediately, and is written later. */
	update(change: (record: MachineRecord) => MachineRecord): void {
		if (!this.#saved) this.#early.push(change);
		this.#current = change(this.#current);
		this.#writeLater();
	}

	/** Resolves when all updates so far are written, or could not be. */
	async flush(): Promise<void> {
		await this.ready;
		await this.#writing;
		if (!this.#disposed) await this.#write();
	}

	/** Writes pending updates synchronously, because the process may end right after. */
	dispose(): void {
		if (this.#disposed) return;
		this.#disposed = true;
		this.#timer?.dispose();
		// The content of the file is worth more than updates from before it was read.
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
			// A failed write is retried with the next update.
			if (this.#current !== record) this.#writeLater();
		});
		return this.#writing;
	}

	async #save(record: MachineRecord): Promise<void> {
		if (record === this.#saved) return;
		try {
			await replaceFile(this.#file, JSON.stringify(record), {
				// `dispose` wrote a newer record.
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
			`measurements of this machine cannot be saved: ${messageOf(thrown)}`,
		);
	}
}

/** Empty where the file is missing or cannot be used; the log says why it cannot be used. */
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
				`measurements of this machine are discarded, ${file} cannot be used: ${messageOf(thrown)}`,
			);
		return emptyRecord;
	}
}
