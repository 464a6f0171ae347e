/** How fast this machine reads its RAM: the ceiling of every model that the CPU evaluates. */

import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

export interface RamBandwidthOptions {
	/** As many as will evaluate the model: more threads draw more, up to what the memory gives. */
	readonly threads: number;
	/** It is over by then, whatever happened. */
	readonly timeoutMs?: number;
	/** What a worker runs; tests put another here. */
	readonly workerSource?: string;
}

const mebibyte = 2 ** 20;

/** Of all workers together. Larger than the caches of any desktop, of which the largest have 128 MiB. */
const totalBytes = 192 * mebibyte;

/** One after the other is compared with its neighbour, so a worker has an even number of these. */
const pieceBytes = 4 * mebibyte;

/** The first touch of memory is slow in virtual machines. What is not there by then is done without. */
const fillMs = 80;

const rounds = 3;
const roundMs = 20;

const defaultTimeoutMs = 2_000;

/**
 * Of what JavaScript has, comparing two equal buffers reads fastest: as fast as a loop in C that adds numbers up, and half as fast again
 * as looking for a byte, because it reads in two places at once. A byte that is written makes a page real: one never
 * written to is the same page of zeros everywhere, and in the cache.
 */
const scanningWorker = `
const { parentPort, workerData } = require("node:worker_threads");
const { shareBytes, pieceBytes, fillMs } = workerData;
const piece = () => Buffer.allocUnsafeSlow(pieceBytes).fill(1);
const pairs = [];
const startMs = performance.now();
do pairs.push([piece(), piece()]);
while ((pairs.length + 1) * 2 * pieceBytes <= shareBytes && performance.now() - startMs < fillMs);
parentPort.on("message", (roundMs) => {
	const startMs = performance.now();
	let count = 0;
	let elapsedMs = 0;
	do {
		const [one, other] = pairs[count++ % pairs.length];
		if (!one.equals(other)) throw new Error("memory that changes by itself");
		elapsedMs = performance.now() - startMs;
	} while (elapsedMs < roundMs);
	parentPort.postMessage((count * 2 * pieceBytes * 1000) / elapsedMs);
});
parentPort.postMessage(0);
`;

/**
 * Bytes per second, by the best of a few rounds: other work on the machine only ever makes it slower. Takes a fifth of a second,
 * 192 MiB, and as many threads as are asked for.
 *
 * @returns undefined where it cannot be measured. Never rejects; the workers are gone when it settles.
 */
export async function measureRamBandwidth({
	threads,
	timeoutMs = defaultTimeoutMs,
	workerSource = scanningWorker,
}: RamBandwidthOptions): Promise<number | undefined> {
	let end = (): void => {};
	const ended = new Promise<undefined>((resolve) => {
		end = () => resolve(undefined);
	});
	const timer = setTimeout(end, timeoutMs);
	const workers: Worker[] = [];
	try {
		const count = workerCount(threads);
		const workerData = { shareBytes: totalBytes / count, pieceBytes, fillMs };
		while (workers.length < count) {
			const worker = new Worker(workerSource, {
				eval: true,
				execArgv: [],
				workerData,
			});
			workers.push(worker.on("error", end).on("exit", end));
		}
		return await Promise.race([bestRound(workers), ended]);
	} catch {
		return undefined;
	} finally {
		clearTimeout(timer);
		await Promise.allSettled(workers.map((it) => it.terminate()));
	}
}

/** Waits for ever where a worker does not answer. */
async function bestRound(
	workers: readonly Worker[],
): Promise<number | undefined> {
	const answers = () => Promise.all(workers.map((it) => once(it, "message")));
	await answers();
	let best = 0;
	for (let round = 0; round < rounds; round++) {
		const answered = answers();
		for (const worker of workers) worker.postMessage(roundMs);
		const speeds = (await answered).flat().map(Number);
		best = Math.max(
			best,
			speeds.reduce((sum, it) => sum + it, 0),
		);
	}
	return best > 0 && Number.isFinite(best) ? best : undefined;
}

/** Each has two pieces at least, and those that take turns on a core would count its time twice. */
function workerCount(threads: number): number {
	const most = Math.min(availableParallelism(), totalBytes / (2 * pieceBytes));
	return Math.max(1, Math.min(Math.floor(threads), most));
}
