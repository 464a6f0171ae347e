/** Keeps what was learned from accepted and rejected suggestions, in the editor's storage for this machine. Windows that are open together do not share it: the last one to write wins. */

import type { Memento } from "vscode";
import type { Log } from "../../base/log.ts";
import {
	AcceptanceRecord,
	emptyAcceptance,
} from "../../protocol/completion/confidence.ts";
import { messageOf } from "../../protocol/errors.ts";

const storageKey = "headroom.completion.acceptance";

export class AcceptanceStore {
	readonly #memento: Memento;
	readonly #log: Log;
	#record: AcceptanceRecord;
	#hasFailed = false;

	constructor(memento: Memento, log: Log) {
		this.#memento = memento;
		this.#log = log;
		const parsed = AcceptanceRecord.safeParse(memento.get(storageKey));
		this.#record = parsed.success ? parsed.data : emptyAcceptance;
	}

	get(): AcceptanceRecord {
		return this.#record;
	}

	set(record: AcceptanceRecord): void {
		this.#record = record;
		this.#memento.update(storageKey, record).then(undefined, (thrown) => {
			if (!this.#hasFailed)
				this.#log.warn(
					`what was learned from suggestions cannot be saved: ${messageOf(thrown)}`,
				);
			this.#hasFailed = true;
		});
	}
}
