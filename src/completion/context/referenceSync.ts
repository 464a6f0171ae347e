/** Keeps the engine's copies of files up to date, which an answer may repeat, without sending what it has already. */

import type { Disposable } from "../../base/disposable.ts";
import type { Event } from "../../base/event.ts";
import {
	maxReferenceChars,
	maxReferenceCharsInAll,
	maxReferences,
	type References,
} from "../../protocol/references.ts";

/** The engine, as far as it is needed here. */
interface ReferenceEngine {
	/** @returns false where there is none to be told. */
	sendReferences(references: References): boolean;
	/** An engine is there that was told nothing yet. */
	readonly onDidStart: Event<void>;
}

export interface ReferenceFile {
	readonly path: string;
	readonly text: string;
}

export interface ReferenceSyncOptions {
	readonly engine: ReferenceEngine;
	/** Files that may be shown to the model, the most recent first. */
	readonly files: () => Iterable<ReferenceFile>;
}

export class ReferenceSync implements Disposable {
	readonly #options: ReferenceSyncOptions;
	readonly #subscription: Disposable;
	/** What the engine has, by path, in order. */
	#told: ReadonlyMap<string, string> = new Map();

	constructor(options: ReferenceSyncOptions) {
		this.#options = options;
		this.#subscription = options.engine.onDidStart(() => {
			this.#told = new Map();
			this.update();
		});
	}

	dispose(): void {
		this.#subscription.dispose();
	}

	/** Tells the engine what changed. For moments in which nobody types: it may be half a megabyte. */
	update(): void {
		const { engine, files } = this.#options;
		const texts = chooseTexts(files());
		const references = changesTo(texts, this.#told);
		if (references && engine.sendReferences(references)) this.#told = texts;
	}
}

/** As many of the most recent files as may be sent, by path; of a long one the start. */
export function chooseTexts(
	files: Iterable<ReferenceFile>,
): ReadonlyMap<string, string> {
	const chosen = new Map<string, string>();
	let chars = maxReferenceCharsInAll;
	for (const file of files) {
		if (chosen.size === maxReferences) break;
		const text = startOf(file.text);
		if (text === "" || text.length > chars) continue;
		chosen.set(file.path, text);
		chars -= text.length;
	}
	return chosen;
}

/** What brings an engine from one choice to the other; undefined where they are the same. */
function changesTo(
	texts: ReadonlyMap<string, string>,
	told: ReadonlyMap<string, string>,
): References | undefined {
	const references = [...texts].map(([id, text]) =>
		told.get(id) === text ? { id } : { id, text },
	);
	const ids = [...told.keys()];
	const isSame =
		ids.length === references.length &&
		references.every((it, index) => !("text" in it) && it.id === ids[index]);
	return isSame ? undefined : references;
}

/** Whole lines, as long as there are any. */
function startOf(text: string): string {
	if (text.length <= maxReferenceChars) return text;
	const lineEnd = text.lastIndexOf("\n", maxReferenceChars - 1);
	return text.slice(0, lineEnd < 0 ? maxReferenceChars : lineEnd + 1);
}
