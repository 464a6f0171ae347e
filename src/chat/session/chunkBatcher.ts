/** Gathers the tokens of an answer, so that a view is told several at once. */

import type { Disposable } from "../../base/disposable.ts";
import type { SegmentKind } from "../../protocol/chat.ts";
import type { SetTimer } from "../chatPorts.ts";

/** Two frames of a screen and more: sooner than that, nobody reads it. */
const gatherMs = 40;

export class ChunkBatcher {
	readonly #onText: (segment: SegmentKind, text: string) => void;
	readonly #setTimer: SetTimer;
	#segment: SegmentKind = "answer";
	#text = "";
	#timer: Disposable | undefined;

	constructor(
		setTimer: SetTimer,
		onText: (segment: SegmentKind, text: string) => void,
	) {
		this.#setTimer = setTimer;
		this.#onText = onText;
	}

	add(segment: SegmentKind, text: string): void {
		if (segment !== this.#segment) this.flush();
		this.#segment = segment;
		this.#text += text;
		this.#timer ??= this.#setTimer(() => this.flush(), gatherMs);
	}

	/** Tells what there is, now. */
	flush(): void {
		this.#timer?.dispose();
		this.#timer = undefined;
		const text = this.#text;
		this.#text = "";
		if (text !== "") this.#onText(this.#segment, text);
	}
}
