/** Keeps the engine's reference files for prompt lookup decoding up to date, sending only what has changed. */

import type { Disposable } from "../../base/disposable.ts";
import type { Event } from "../../base/event.ts";
import {
	maxReferenceChars,
	maxReferenceCharsInAll,
	maxReferences,
	type References,
} from "../../protocol/references.ts";

/** The part of the engine that is needed here. */
interface ReferenceEngine {
	/** @returns false where no engine is running. */
	sendReferences(references: References): boolean;
	/** Fires when an engine has started, which has no references yet. */
	readonly onDidStart: Event<void>;
}

export interface ReferenceFile {
	readonly path: string;
	readonly text: string;
}

export interface ReferenceSyncOptions {
	readonly engine: ReferenceEngine;
	/** Files that the model may see, the most recent first. */
	readonly files: () => Iterable<ReferenceFile>;
}

export class ReferenceSync implements Disposable {
	readonly #options: ReferenceSyncOptions;
	readonly #subscription: Disposable;
	/** The texts that the engine has, by path, in order. */
	#sent: ReadonlyMap<string, string> = new Map();

	constructor(options: ReferenceSyncOptions) {
		this.#options = options;
		this.#subscription = options.engine.onDidStart(() => {
			this.#sent = new Map();
			this.update();
		});
	}

	dispose(): void {
		this.#subscription.dispose();
	}

	/** Sends what has changed. For idle moments: it may be half a megabyte. */
	update(): void {
		const { engine, files } = this.#options;
		const texts = chooseTexts(files());
		const references = changesTo(texts, this.#sent);
		if (references && engine.sendReferences(references)) this.#sent = texts;
	}
}

/** The texts of the most recent files that fit the limits, by path. Of a long file, only the start. */
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

/** The message that updates the engine: texts only where they are new. Undefined where nothing has changed. */
function changesTo(
	texts: ReadonlyMap<string, string>,
	sent: ReadonlyMap<string, string>,
): References | undefined {
	const references = [...texts].map(([id, text]) =>
		sent.get(id) === text ? { id } : { id, text },
	);
	const ids = [...sent.keys()];
	const isSame =
		ids.length === references.length &&
		references.every((it, index) => !("text" in it) && it.id === ids[index]);
	return isSame ? undefined : references;
}

/** Cut at a line end if there is one. */
function startOf(text: string): string {
	if (text.length <= maxReferenceChars) return text;
	const lineEnd = text.lastIndexOf("\n", maxReferenceChars - 1);
	return text.slice(0, lineEnd < 0 ? maxReferenceChars : lineEnd + 1);
}
