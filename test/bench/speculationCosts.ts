/** What evaluations cost, measured with care; and from that what a run would take on an idle machine, and what perfect drafts would. */

import { verifySizes } from "../../src/engine/measure/verifyCosts.ts";
import type { Sequence, Token } from "../../src/engine/runtime/runtime.ts";
import { maxVerifiedTokens } from "../../src/memory/plan/planRequest.ts";
import type { Evaluation } from "./countedSequence.ts";

/**
 * Milliseconds of an evaluation. Between measured numbers of tokens, and between both depths, costs lie on a line: attention reads all that is before
 * each token.
 */
export type CostOf = (evaluation: Evaluation) => number;

/** Of prompts and answers here, with room for an evaluation behind them. */
const depths = [0, 768] as const;
const chunkTokens = 128;
const rounds = 4;

/** The best of some rounds: other work on the machine only ever makes it slower. */
export async function measureCosts(
	sequence: Sequence,
	text: readonly Token[],
): Promise<CostOf> {
	const tokens = (count: number): Token[] =>
		Array.from({ length: count }, (_, i) => text[i % text.length] ?? 0);
	const measureAt = async (depth: number) => {
		const measured = new Map<number, number>();
		for (let read = 0; read < depth; read += chunkTokens)
			await sequence.evaluate(tokens(chunkTokens), 0);
		for (let round = 0; round < rounds; round++)
			for (const size of verifySizes) {
				const startMs = performance.now();
				await sequence.evaluate(tokens(size), size);
				const ms = performance.now() - startMs;
				measured.set(size, Math.min(measured.get(size) ?? ms, ms));
				await sequence.truncate(depth);
			}
		await sequence.truncate(0);
		return measured;
	};
	const shallow = await measureAt(depths[0]);
	const deep = await measureAt(depths[1]);
	return ({ tokens: size, depth }) => {
		const share = depth / depths[1];
		return between(shallow, size) * (1 - share) + between(deep, size) * share;
	};
}

/**
 * The least that an answer can take. If every draft were right, free and there from the first token on, an evaluation of n tokens would bring
 * n tokens: the cheapest way to make up the answer of such evaluations is this bound.
 */
export function minMs(
	promptTokens: number,
	answerTokens: number,
	costOf: CostOf,
): number {
	const best = [0];
	for (let end = 1; end <= answerTokens; end++) {
		let least = Number.POSITIVE_INFINITY;
		for (let tokens = 1; tokens <= Math.min(end, maxVerifiedTokens); tokens++) {
			const depth = promptTokens + end - tokens;
			const beforeMs = best[end - tokens] ?? 0;
			least = Math.min(least, beforeMs + costOf({ tokens, depth }));
		}
		best.push(least);
	}
	return best[answerTokens] ?? 0;
}

/** Token by token. */
export function plainMs(
	promptTokens: number,
	answerTokens: number,
	costOf: CostOf,
): number {
	let ms = 0;
	for (let index = 0; index < answerTokens; index++)
		ms += costOf({ tokens: 1, depth: promptTokens + index });
	return ms;
}

function between(measured: ReadonlyMap<number, number>, size: number): number {
	let below: readonly [number, number] = [0, 0];
	for (const [above, ms] of measured) {
		if (above >= size) {
			const share = (size - below[0]) / (above - below[0]);
			return below[1] + share * (ms - below[1]);
		}
		below = [above, ms];
	}
	return (below[1] * size) / below[0];
}
