/** A sequence that takes the time of a real one and says what it is told to: for what a small model cannot write by itself. */

import type {
	LikelyToken,
	Sequence,
	Token,
	TokenChoice,
} from "../../../src/engine/runtime/runtime.ts";

/** Evaluates all that the real one does. Only what is said comes from the text, by its place. */
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

	/** @param text the prompt and the whole answer; undefined to let the model speak for itself. Behind its end the model does. */
	dictate(text: readonly Token[] | undefined): void {
		this.#text = text;
	}

	async evaluate(
		tokens: readonly Token[],
		predictions: number,
		choice: TokenChoice = {},
	): Promise<readonly Token[]> {
		const said = await this.#sequence.evaluate(tokens, predictions, choice);
		this.#length += tokens.length;
		const first = this.#length - predictions + 1;
		return said.map((token, index) => this.#text?.[first + index] ?? token);
	}

	async argmax(tokens: readonly Token[]): Promise<LikelyToken> {
		this.#length += tokens.length;
		return this.#sequence.argmax(tokens);
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
