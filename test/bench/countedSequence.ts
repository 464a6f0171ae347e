/** Counts what a sequence is asked for, so that its time can also be computed from what each evaluation costs. */

import type {
	LikelyToken,
	Sequence,
	Token,
	TokenChoice,
	TokenLimits,
} from "../../src/engine/runtime/runtime.ts";

/** Tokens that were evaluated together to say what follows. */
export interface Evaluation {
	readonly tokens: number;
	/** Tokens before them. */
	readonly depth: number;
}

export interface SequenceCounts {
	/** Tokens that were only read, and the time that took. */
	readonly readTokens: number;
	readonly readMs: number;
	readonly evaluations: readonly Evaluation[];
}

export class CountedSequence implements Sequence {
	readonly #sequence: Sequence;
	#readTokens = 0;
	#readMs = 0;
	#evaluations: Evaluation[] = [];
	#length = 0;

	constructor(sequence: Sequence) {
		this.#sequence = sequence;
	}

	get contextWindow(): number {
		return this.#sequence.contextWindow;
	}

	get canRollBack(): boolean {
		return this.#sequence.canRollBack;
	}

	/** Since the last time. */
	take(): SequenceCounts {
		const taken = {
			readTokens: this.#readTokens,
			readMs: this.#readMs,
			evaluations: this.#evaluations,
		};
		this.#readTokens = 0;
		this.#readMs = 0;
		this.#evaluations = [];
		return taken;
	}

	async evaluate(
		tokens: readonly Token[],
		predictions: number,
		choice?: TokenChoice,
	): Promise<readonly Token[]> {
		const startMs = performance.now();
		const said = await this.#sequence.evaluate(tokens, predictions, choice);
		if (predictions > 0) this.#count(tokens.length);
		else {
			this.#readTokens += tokens.length;
			this.#readMs += performance.now() - startMs;
			this.#length += tokens.length;
		}
		return said;
	}

	predict(
		tokens: readonly Token[],
		predictions: number,
		limits?: TokenLimits,
	): Promise<readonly LikelyToken[]> {
		this.#count(tokens.length);
		return this.#sequence.predict(tokens, predictions, limits);
	}

	saveState(file: string): Promise<void> {
		return this.#sequence.saveState(file);
	}

	loadState(file: string): Promise<readonly Token[]> {
		return this.#sequence.loadState(file);
	}

	checkpoint(): Promise<void> {
		return this.#sequence.checkpoint();
	}

	async truncate(length: number): Promise<number> {
		this.#length = await this.#sequence.truncate(length);
		return this.#length;
	}

	#count(tokens: number): void {
		this.#evaluations.push({ tokens, depth: this.#length });
		this.#length += tokens;
	}
}
