/** How fast a model is on this machine, measured in a moment. It also warms up: the first decode builds graphs and compiles kernels. */

import type { Sequence, Token } from "../runtime/runtime.ts";
import type { EngineSpeed } from "./promptBudget.ts";
import type { verifySizes } from "./verifyCosts.ts";

export interface MeasuredSpeed extends EngineSpeed {
	/** How often it was measured, of which the best counts. */
	readonly rounds: number;
	/** Tokens that the sequence holds now. */
	readonly depthTokens: number;
}

/** Tokens of the first and slow evaluation. A machine on which even these take long is measured by them alone. */
const firstTokens = 16;
/** No further round starts after this. */
const enoughMs = 250;
const maxRounds = 3;
/** Each batch is a whole one, and the sequence has room for all, and for a draft behind them. */
export const probeWindow = (batchTokens: number): number =>
	firstTokens + maxRounds * (batchTokens + 1) + 1;

/**
 * The best of a few rounds: other work on the machine only ever makes it slower.
 *
 * @param text any tokens, not none; code as the model will see it tells most.
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
	let speed: MeasuredSpeed = {
		prefillTokensPerSecond: await prefill(firstTokens),
		decodeTokensPerSecond: await decode(),
		rounds: 1,
		depthTokens: firstTokens + 1,
	};
	for (let i = 1; i < maxRounds && now() - startMs < enoughMs; i++)
		speed = {
			prefillTokensPerSecond: Math.max(
				speed.prefillTokensPerSecond,
				await prefill(batchTokens),
			),
			decodeTokensPerSecond: Math.max(
				speed.decodeTokensPerSecond,
				await decode(),
			),
			rounds: speed.rounds + 1,
			depthTokens: speed.depthTokens + batchTokens + 1,
		};
	return speed;
}

/** For measuring what drafts cost. */
const enoughVerifyingMs = 1000;
const verifyRounds = 2;
/** From the most telling to the least: a number that is not measured is taken to cost as much as the next larger one. */
const verifyOrder = [
	1, 16, 32, 4, 8, 2,
] as const satisfies readonly (typeof verifySizes)[number][];
/** Measured however long they take: without them nothing is known. */
const alwaysMeasured = 2;

/**
 * What it takes to evaluate several tokens at once and to say what follows each, as a draft is verified: by number of tokens, in milliseconds, each
 * the best of two. Of one token and of sixteen at the least, and of as many other numbers as there is time for.
 *
 * @param sequence that can be cut back anywhere, and is cut back to `depthTokens`. It should hold some text: behind it attention has something to do.
 * @param text any tokens, not none.
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
	// All numbers once before any is measured again: one that is not measured is not used.
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
