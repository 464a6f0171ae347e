/** Runs an engine of its own for one model, so that a benchmark leaves the engine of the window and the settings alone. */

import type { Log } from "../base/log.ts";
import type { LoadOptions } from "../protocol/engineProtocol.ts";
import {
	bytesOf,
	type EngineStatus,
	heldMemory,
} from "../protocol/engineStatus.ts";
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
	/** What the loaded model held on all devices together; null where the load could not be planned. */
	readonly memoryBytes: number | null;
}

/** Forks the process for the work. It has ended when this settles. */
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
	const memory = heldMemory(status);
	return memory.length === 0
		? null
		: memory.reduce((sum, held) => sum + bytesOf(held), 0);
}
