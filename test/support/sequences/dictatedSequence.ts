/** A sequence with the cost of a real one and scripted predictions: for texts that a small model cannot write. */

import type {
	LikelyToken,
	Sequence,
	Token,
	TokenChoice,
	TokenLimits,
} from "../../../src/engine/runtime/runtime.ts";

/** Evaluates everything on the real sequence, but takes the predictions from a given text. */
export class DictatedSequence implements Sequence {
	readonly #sequence: Sequence;
	#text: readonly Token[] | undefined;
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

	/** @param text prompt and answer; after its end, and if undefined, the model's own predictions count. */
	dictate(text: readonly Token[] | undefined): void {
		this.#text = text;
	}

	async evaluate(
		tokens: readonly Token[],
		predictions: number,
		choice: TokenChoice = {},
	): Promise<readonly Token[]> {
		const predicted = await this.#sequence.evaluate(
			tokens,
			predictions,
			choice,
		);
		this.#length += tokens.length;
		const first = this.#length - predictions + 1;
		return predicted.map(
			(token, index) => this.#text?.[first + index] ?? token,
		);
	}

	async predict(
		tokens: readonly Token[],
		predictions: number,
		limits?: TokenLimits,
	): Promise<readonly LikelyToken[]> {
		this.#length += tokens.length;
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
}
