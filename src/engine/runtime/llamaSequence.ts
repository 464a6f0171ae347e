/** One sequence of a llama.cpp context: evaluates tokens, predicts what follows, and rolls back. */

import { assert } from "../../base/assert.ts";
import type { Step, StepKind, ThreadChooser } from "../schedule/threadCount.ts";
import { isLong, TokenChoices } from "./llamaSampling.ts";
import {
	branded,
	type ControlledEvaluateInputItem,
	type LibraryChoice,
	type LlamaContext,
	type LlamaContextSequence,
	useThreads,
} from "./nodeLlamaCpp.ts";
import type {
	LikelyToken,
	Sequence,
	Token,
	TokenChoice,
	TokenLimits,
} from "./runtime.ts";

/** Enough for one behind the snippets, one behind the stable part of the file, and those among the lines typed behind it. The oldest goes first. */
const maxCheckpoints = 6;

type ControlledResult = NonNullable<
	Awaited<ReturnType<LlamaContextSequence["controlledEvaluate"]>>[number]
>;

/** Smaller pieces of a prompt say little about the time per token. */
const minChunkTokens = 16;

export class LlamaSequence implements Sequence {
	readonly contextWindow: number;
	readonly #context: LlamaContext;
	readonly #threads: ThreadChooser;
	readonly #sequence: LlamaContextSequence;
	readonly #choices: TokenChoices;

	constructor(
		context: LlamaContext,
		contextWindow: number,
		threads: ThreadChooser,
	) {
		this.#context = context;
		this.#threads = threads;
		this.#sequence = context.getSequence({
			// Taken only where `checkpoint` is called.
			checkpoints: { max: maxCheckpoints, interval: false },
		});
		this.#choices = new TokenChoices(this.#sequence.model.tokenizer);
		// The library shifts the context when the last cell is used: keep that cell out of reach.
		this.contextWindow = Math.min(contextWindow, context.contextSize) - 1;
	}

	get canRollBack(): boolean {
		return !this.#sequence.needsCheckpoints;
	}

	async evaluate(
		tokens: readonly Token[],
		predictions: number,
		choice: TokenChoice = {},
	): Promise<readonly Token[]> {
		if (predictions === 0) {
			await this.#step(
				{ kind: prefillKind(tokens), tokens: tokens.length },
				() =>
					this.#sequence.evaluateWithoutGeneratingNewTokens(branded(tokens)),
			);
			return [];
		}
		const { sampling } = choice;
		const start = this.#sequence.nextTokenIndex;
		const results = await this.#controlled(
			tokens,
			predictions,
			(index, isLast) =>
				this.#choices.after({ ...(isLast && choice), sampling }, start + index),
		);
		return results.map(({ next: { token } }) => {
			assert(
				token !== undefined && token !== null,
				"a prediction was requested",
			);
			return token;
		});
	}

	async predict(
		tokens: readonly Token[],
		predictions: number,
		limits: TokenLimits = {},
	): Promise<readonly LikelyToken[]> {
		const end = this.#sequence.nextTokenIndex + tokens.length;
		const isPicked = this.canRollBack && isLong(limits.allowed);
		const likely = await this.#likely(
			tokens,
			predictions,
			isPicked ? {} : limits,
		);
		const last = likely.at(-1) ?? [];
		let best = this.#choices.likeliest(last, limits);
		if (isPicked && !best) {
			await this.truncate(end - 1);
			const [biased = []] = await this.#likely(tokens.slice(-1), 1, limits);
			best = this.#choices.likeliest(biased, limits);
		}
		const all = likely.map((them) => them[0]);
		all[all.length - 1] = best ?? last[0];
		return all.map((it) => {
			assert(it, "a prediction was requested");
			return it;
		});
	}

	/** For each prediction the likeliest tokens, in descending order. */
	async #likely(
		tokens: readonly Token[],
		predictions: number,
		limits: TokenLimits,
	): Promise<readonly (readonly LikelyToken[])[]> {
		const results = await this.#controlled(tokens, predictions, (_, isLast) =>
			this.#choices.probabilitiesAfter(isLast ? limits : {}),
		);
		return results.map(({ next: { probabilities } }) =>
			[...(probabilities ?? [])].map(([token, probability]) => ({
				token,
				probability,
			})),
		);
	}

	/** Evaluates all tokens, and asks the library for a choice after each of the last ones. */
	async #controlled(
		tokens: readonly Token[],
		predictions: number,
		choiceAfter: (index: number, isLast: boolean) => LibraryChoice,
	): Promise<readonly ControlledResult[]> {
		const last = tokens.length - 1;
		const firstPredicting = tokens.length - predictions;
		assert(firstPredicting >= 0, "no more predictions than tokens");
		const input = branded(tokens).map<ControlledEvaluateInputItem>(
			(token, index) =>
				index < firstPredicting
					? token
					: [token, choiceAfter(index, index === last)],
		);
		const results = await this.#step(
			{
				kind: tokens.length === 1 ? "decode" : undefined,
				tokens: tokens.length,
			},
			() => this.#sequence.controlledEvaluate(input),
		);
		return results.slice(firstPredicting).map((result) => {
			assert(result, "a prediction was requested");
			return result;
		});
	}

	/** Evaluates with as many threads as are best by now. */
	async #step<T>(step: Step, evaluate: () => Promise<T>): Promise<T> {
		useThreads(this.#context, this.#threads.next(step));
		const startMs = performance.now();
		const result = await evaluate();
		this.#threads.record(step, performance.now() - startMs);
		return result;
	}

	async checkpoint(): Promise<void> {
		await this.#sequence.takeCheckpoint();
	}

	async truncate(length: number): Promise<number> {
		const end = this.#sequence.nextTokenIndex;
		if (length >= end) return end;
		const start = this.#reachableLength(length);
		if (start === 0) {
			await this.#sequence.clearHistory();
			return 0;
		}
		await this.#sequence.eraseContextTokenRanges([{ start, end }]);
		return this.#sequence.nextTokenIndex;
	}

	async saveState(file: string): Promise<void> {
		await this.#sequence.saveStateToFile(file);
	}

	async loadState(file: string): Promise<readonly Token[]> {
		await this.#sequence.loadStateFromFile(file, { acceptRisk: true });
		return this.#sequence.contextTokens;
	}

	/**
	 * Sliding windows and recurrent states roll back to checkpoints only. For any other length the library re-evaluates the gap in one
	 * uninterruptible step, so ask for the checkpoint itself.
	 */
	#reachableLength(length: number): number {
		if (length === 0 || !this.#sequence.needsCheckpoints) return length;
		const lastKept = length - 1;
		const missing =
			this.#sequence.getRestoreToPrefixIndexEvaluationSize(lastKept);
		// Without any checkpoint the library counts from the second token on.
		return missing >= lastKept ? 0 : length - missing;
	}
}

function prefillKind(tokens: readonly Token[]): StepKind | undefined {
	return tokens.length >= minChunkTokens ? "prefill" : undefined;
}
