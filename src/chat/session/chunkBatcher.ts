/** Batches the chunks of an answer, so that the view gets one message for several tokens. */

import type { Disposable } from "../../base/disposable.ts";
import type { SetTimer } from "../../base/timers.ts";
import type { AnswerChunk, SegmentKind } from "../../protocol/chat.ts";

/** A bit more than two frames at 60 Hz: nobody reads faster. */
const batchMs = 40;

export class ChunkBatcher {
	readonly #onBatch: (batch: AnswerChunk) => void;
	readonly #setTimer: SetTimer;
	#segment: SegmentKind = "text";
	#text = "";
	#timer: Disposable | undefined;

	constructor(setTimer: SetTimer, onBatch: (batch: AnswerChunk) => void) {
		this.#setTimer = setTimer;
		this.#onBatch = onBatch;
	}

	add({ segment, text }: AnswerChunk): void {
		if (segment === "textWasReasoning") {
			this.flush();
			this.#onBatch({ segment, text });
			return;
		}
		if (segment !== this.#segment) this.flush();
		this.#segment = segment;
		this.#text += text;
		this.#timer ??= this.#setTimer(() => this.flush(), batchMs);
	}

	flush(): void {
		this.#timer?.dispose();
		this.#timer = undefined;
		const text = this.#text;
		this.#text = "";
		if (text !== "") this.#onBatch({ segment: this.#segment, text });
	}
}
