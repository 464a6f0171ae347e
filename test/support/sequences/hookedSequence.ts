/** A sequence with a hook before each operation, so that a test can abort in the middle of any of them. */

import type {
	LikelyToken,
	Sequence,
	Token,
	TokenChoice,
	TokenLimits,
} from "../../../src/engine/runtime/runtime.ts";

export type SequenceWork = "prefill" | "decode" | "verify" | "draft" | "cut";

export class HookedSequence implements Sequence {
	readonly #sequence: Sequence;
	readonly #onWork: (work: SequenceWork) => void;

	constructor(sequence: Sequence, onWork: (work: SequenceWork) => void) {
		this.#sequence = sequence;
		this.#onWork = onWork;
	}

	get contextWindow(): number {
		return this.#sequence.contextWindow;
	}

	get canRollBack(): boolean {
		return this.#sequence.canRollBack;
	}

	evaluate(
		tokens: readonly Token[],
		predictions: number,
		choice?: TokenChoice,
	): Promise<readonly Token[]> {
		this.#onWork(
			predictions === 0 ? "prefill" : predictions === 1 ? "decode" : "verify",
		);
		return this.#sequence.evaluate(tokens, predictions, choice);
	}

	/** Only draft models are asked for it in these tests. */
	predict(
		tokens: readonly Token[],
		predictions: number,
		limits?: TokenLimits,
	): Promise<readonly LikelyToken[]> {
		this.#onWork("draft");
		return this.#sequence.predict(tokens, predictions, limits);
	}

	checkpoint(): Promise<void> {
		return this.#sequence.checkpoint();
	}

	saveState(file: string): Promise<void> {
		return this.#sequence.saveState(file);
	}

	loadState(file: string): Promise<readonly Token[]> {
		return this.#sequence.loadState(file);
	}

	truncate(length: number): Promise<number> {
		this.#onWork("cut");
		return this.#sequence.truncate(length);
	}
}
