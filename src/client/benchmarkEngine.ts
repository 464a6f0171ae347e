/** An engine of its own for one model: so that a benchmark leaves the window's engine, and its settings, as they are. */

import type { Log } from "../base/log.ts";
import type { LoadOptions } from "../protocol/engineProtocol.ts";
import type { EngineStatus } from "../protocol/engineStatus.ts";
import { EngineClient } from "./engineClient.ts";
import type { EngineProcess } from "./engineProcess.ts";
import { Supervisor } from "./supervisor.ts";

export interface BenchmarkEngineOptions {
	readonly fork: () => EngineProcess;
	/** Must not reject. */
	readonly loadOptions: () => Promise<LoadOptions>;
	readonly log: Log;
}

export interface EngineOutcome<T> {
	readonly value: T;
	/** What the loaded model held of all devices together; null where that was not told. */
	readonly memoryBytes: number | null;
}

/** The process is forked for the work, and has ended when this settles. */
export async function withEngine<T>(
	{ fork, loadOptions, log }: BenchmarkEngineOptions,
	work: (engine: EngineClient) => Promise<T>,
): Promise<EngineOutcome<T>> {
	const supervisor = new Supervisor({
		fork,
		loadOptions,
		log,
	});
	const client = new EngineClient(supervisor);
	try {
		const value = await work(client);
		return { value, memoryBytes: heldBytes(supervisor.status) };
	} finally {
		await supervisor.stop();
		client.dispose();
		supervisor.dispose();
	}
}

function heldBytes(status: EngineStatus): number | null {
	if (status.kind !== "ready" && status.kind !== "generating") return null;
	const { memory } = status.load;
	return memory.length === 0
		? null
		: memory.reduce(
				(sum, { weights, kvCache, buffers, draft }) =>
					sum + weights + kvCache + buffers + draft,
				0,
			);
}
