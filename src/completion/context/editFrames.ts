/** The edit frames of each document: those of the last two places, as the engine keeps two prompts of a file. */

import { LruCache } from "../../base/lruCache.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";
import {
	EditFrame,
	type FramedText,
	type FrameFit,
	isLongTyped,
} from "../text/editFrame.ts";

const maxDocuments = 8;
const maxFrames = 2;

interface KeptFrame {
	readonly frame: EditFrame;
	/** Frames made later have larger numbers. */
	readonly number: number;
}

interface FittingFrame extends KeptFrame {
	readonly fit: FrameFit;
}

export class EditFrames {
	/** Of each document, the most recently used first. */
	readonly #frames = new LruCache<string, readonly KeptFrame[]>(maxDocuments);
	#made = 0;

	/** The text around the cursor in the frame that holds there, or in a new one, from now on. */
	frameFor(snapshot: DocumentSnapshot): FramedText {
		const fitting = this.#fitting(snapshot);
		if (!fitting) {
			const framed = EditFrame.around(snapshot);
			this.accept(snapshot.uri, framed.frame);
			return framed;
		}
		this.#use(snapshot.uri, fitting);
		return { frame: fitting.frame, typed: fitting.fit.typed };
	}

	/** The frame for what is typed next: another than the current one where that has changed around it, or little may be typed into it. */
	propose(snapshot: DocumentSnapshot): FramedText {
		const fitting = this.#fitting(snapshot);
		return fitting?.fit.isExact && !isLongTyped(fitting.fit.typed)
			? { frame: fitting.frame, typed: fitting.fit.typed }
			: EditFrame.around(snapshot);
	}

	/** Uses this frame from now on: the engine has evaluated it. */
	accept(uri: string, frame: EditFrame): void {
		const known = this.#frames.get(uri)?.find((it) => it.frame === frame);
		this.#use(uri, known ?? { frame, number: ++this.#made });
	}

	/**
	 * The latest frame that holds. Small edits are allowed around the one that is in use only: the user who comes back to an earlier place may
	 * have changed what matters there.
	 */
	#fitting(snapshot: DocumentSnapshot): FittingFrame | undefined {
		const kept = this.#frames.get(snapshot.uri) ?? [];
		return kept
			.flatMap((it, index) => {
				const fit = it.frame.fit(snapshot, index === 0 ? "similar" : "closed");
				return fit ? [{ ...it, fit }] : [];
			})
			.sort((a, b) => b.number - a.number)[0];
	}

	#use(uri: string, { frame, number }: KeptFrame): void {
		const others = (this.#frames.get(uri) ?? []).filter(
			(it) => it.frame !== frame,
		);
		this.#frames.set(uri, [{ frame, number }, ...others].slice(0, maxFrames));
	}
}
