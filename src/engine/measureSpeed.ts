/** How fast a model is on this machine, measured in a moment. It also warms up: the first decode builds graphs and compiles kernels. */

import type { EngineSpeed } from "./promptBudget.ts";
import type { Sequence, Token } from "./runtime.ts";

export interface MeasuredSpeed extends EngineSpeed {
	/** How often it was measured, of which the best counts. */
	readonly rounds: number;
}

/** Tokens of the first and slow evaluation. A machine on which even these take long is measured by them alone. */
const firstTokens = 16;
/** No further round starts after this. */
const enoughMs = 250;
const mostRounds = 3;
/** Each batch is a whole one, and the sequence has room for all. */
export const probeWindow = (batchTokens: number): number =>
	firstTokens + mostRounds * (batchTokens + 1) + 1;

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
	};
	for (let i = 1; i < mostRounds && now() - startMs < enoughMs; i++)
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
		};
	await sequence.truncate(0);
	return speed;
}
