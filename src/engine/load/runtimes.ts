/** The runtimes of this process: one for each choice of GPU and threads, created on first use. */

import type { Log } from "../../base/log.ts";
import { type Result, success } from "../../base/result.ts";
import type { LoadOptions } from "../../protocol/engineProtocol.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { CreateRuntime, Runtime } from "../runtime/runtime.ts";

export class Runtimes {
	readonly #createRuntime: CreateRuntime;
	readonly #log: Log;
	/** Kept until the process ends: a runtime is costly to create, and may not be disposable after a failed load. */
	readonly #created = new Map<string, Runtime>();

	constructor(createRuntime: CreateRuntime, log: Log) {
		this.#createRuntime = createRuntime;
		this.#log = log;
	}

	async get({
		gpu,
		threads,
	}: Pick<LoadOptions, "gpu" | "threads">): Promise<
		Result<Runtime, HeadroomError>
	> {
		const key = `${gpu} ${threads}`;
		const known = this.#created.get(key);
		if (known) return success(known);
		const created = await this.#createRuntime({
			gpu,
			threads,
			log: this.#log,
		});
		if (created.ok) this.#created.set(key, created.value);
		return created;
	}

	/** All at once: each may take its whole time limit. */
	async dispose(): Promise<void> {
		const all = [...this.#created.values()];
		this.#created.clear();
		await Promise.all(all.map((it) => it.dispose()));
	}
}
