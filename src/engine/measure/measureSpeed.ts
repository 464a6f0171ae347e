/** Measures the speed of a model in a fraction of a second. This also warms up: the first decode builds graphs and compiles kernels. */

import type { Sequence, Token } from "../runtime/runtime.ts";
import type { EngineSpeed } from "./promptBudget.ts";
import type { verifySizes } from "./verifyCosts.ts";

export interface MeasuredSpeed extends EngineSpeed {
	/** The number of measurements; the best counts. */
	readonly rounds: number;
	/** The length of the sequence after measuring. */
	readonly depthTokens: number;
}

/** The first evaluations are slow, and short: they read the weights from the disk. */
const firstTokens = 16;
/** Single tokens after the first evaluations, in which the runtime tries how many threads are best: `schedule/threadCount.ts`. */
const settlingTokens = 5;
/** No more of those after this: where even the first evaluations took longer, they are the only ones. */
const settlingMs = 1000;
/** A whole batch is measured where it takes no longer than this; otherwise a short one. */
const maxBatchMs = 1000;
/** No further round starts after this. */
const enoughMs = 250;
const maxRounds = 3;
/** The context window for measuring: room for all rounds with whole batches. */
export const probeWindow = (batchTokens: number): number =>
	firstTokens + settlingTokens + maxRounds * (batchTokens + 1) + 1;

/**
 * Takes the best of a few rounds: other work on the machine only makes it slower.
 *
 * @param text at least one token; typical code gives the most accurate result.
 */
export async function measureSpeed(
	sequence: Sequence,
	text: readonly Token[],
	batchTokens: number,
	now: () => number,
): Promise<MeasuredSpeed> {
	const tokens = (count: number): Token[] =>
		Array.from({ length: count }, (_, i) => text[i % text.length] ?? 0);
	const perSecond = async (count: number, work: () => Promise<unknown>) => {
		const startMs = now();
		await work();
		return (count * 1000) / Math.max(now() - startMs, 0.001);
	};
	const prefill = (count: number) =>
		perSecond(count, () => sequence.evaluate(tokens(count), 0));
	const decode = () => perSecond(1, () => sequence.evaluate(tokens(1), 1));

	const startMs = now();
	let prefillTokensPerSecond = await prefill(firstTokens);
	let decodeTokensPerSecond = await decode();
	let depthTokens = firstTokens + 1;
	let rounds = 1;
	for (let i = 0; i < settlingTokens && now() - startMs < settlingMs; i++) {
		decodeTokensPerSecond = Math.max(decodeTokensPerSecond, await decode());
		depthTokens++;
	}
	const isWarm = depthTokens > firstTokens + 1;
	const warmMs = now();
	while (isWarm && rounds < maxRounds && now() - warmMs < enoughMs) {
		const batchMs = (batchTokens * 1000) / prefillTokensPerSecond;
		const count = batchMs <= maxBatchMs ? batchTokens : firstTokens;
		prefillTokensPerSecond = Math.max(
			prefillTokensPerSecond,
			await prefill(count),
		);
		decodeTokensPerSecond = Math.max(decodeTokensPerSecond, await decode());
		depthTokens += count + 1;
		rounds++;
	}
	return { prefillTokensPerSecond, decodeTokensPerSecond, rounds, depthTokens };
}

const enoughVerifyingMs = 1000;
const verifyRounds = 2;
/** In order of importance: a size that is not measured is assumed to cost as much as the next larger one. */
const verifyOrder = [
	1, 16, 32, 4, 8, 2,
] as const satisfies readonly (typeof verifySizes)[number][];
/** These are measured however long they take. */
const alwaysMeasured = 2;

/**
 * Measures the time to verify drafts: to evaluate several tokens at once and predict the successor of each. Measures one and sixteen tokens, and as
 * many other sizes as there is time for.
 *
 * @param sequence must be able to roll back, and is rolled back to `depthTokens`. It should hold some text, so that attention has work to do.
 * @param text at least one token.
 * @returns milliseconds by number of tokens, each the best of two rounds.
 */
export async function measureVerifying(
	sequence: Sequence,
	depthTokens: number,
	text: readonly Token[],
	now: () => number,
): Promise<ReadonlyMap<number, number>> {
	const measured = new Map<number, number>();
	const startMs = now();
	const hasTime = () => now() - startMs < enoughVerifyingMs;
	// Measure all sizes once before measuring any again.
	for (let round = 0; round < verifyRounds; round++)
		for (const [index, size] of verifyOrder.entries()) {
			const isNeeded = index < alwaysMeasured && round === 0;
			if (!isNeeded && !hasTime()) return measured;
			const tokens = Array.from(
				{ length: size },
				(_, i) => text[i % text.length] ?? 0,
			);
			const roundStartMs = now();
			await sequence.evaluate(tokens, size);
			const ms = Math.max(now() - roundStartMs, 0.001);
			measured.set(size, Math.min(measured.get(size) ?? ms, ms));
			await sequence.truncate(depthTokens);
		}
	return measured;
}
