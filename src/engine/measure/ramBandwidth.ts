/** Measures the read bandwidth of RAM: the upper limit for every model on the CPU. */

import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

export interface RamBandwidthOptions {
	/** The threads that will evaluate the model: more threads read faster, up to the limit of the memory. */
	readonly threads: number;
	/** The upper limit for the whole measurement. */
	readonly timeoutMs?: number;
	/** The source of a worker; tests replace it. */
	readonly workerSource?: string;
}

const mebibyte = 2 ** 20;

/** For all workers together. Larger than any desktop's caches, which have up to 128 MiB. */
const totalBytes = 192 * mebibyte;

/** Buffers are compared in pairs, so a worker has an even number of them. */
const pieceBytes = 4 * mebibyte;

/** Touching memory for the first time is slow in virtual machines. Measure with the memory that is ready by then. */
const fillMs = 80;

const rounds = 3;
const roundMs = 20;

const defaultTimeoutMs = 2_000;

/**
 * Comparing two equal buffers is the fastest way to read memory from JavaScript: as fast as a summing loop in C, and 1.5 times as fast as searching
 * for a byte, because it reads two streams. The buffers are filled first, because untouched pages all map to one page of zeros in the cache.
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
 * Takes the best of a few rounds: other work on the machine only makes it slower. Uses 0.2 s, 192 MiB and the given number of threads. Never
 * rejects; all workers have ended when it settles.
 *
 * @returns bytes per second; undefined if it cannot be measured.
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

/** Never settles if a worker does not answer. */
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

/** Each worker needs a pair of buffers; more workers than cores would count the same time twice. */
function workerCount(threads: number): number {
	const maxCount = Math.min(
		availableParallelism(),
		totalBytes / (2 * pieceBytes),
	);
	return Math.max(1, Math.min(Math.floor(threads), maxCount));
}
