/** Holds back what an unasked suggestion says from a name on that is defined nowhere. */

import { LruCache } from "../../base/lruCache.ts";
import { codeBefore } from "../text/codeBefore.ts";
import { type DocumentSnapshot, lineBefore } from "../text/documentContext.ts";
import { cutBefore } from "./cutBefore.ts";
import {
	doubtfulNames,
	firstUnresolved,
	type OfferedNames,
} from "./unresolvedName.ts";
import { usedNames } from "./usedNames.ts";

export interface CheckedSuggestion {
	readonly text: string;
	readonly requestId: string;
}

export interface NameCheckOptions {
	/** The texts of other files whose names are known: those that are open, and those in the prompt. */
	readonly otherTexts: () => Iterable<string>;
}

/** What a language server offers where the word at the cursor begins. Undefined where none answers in time. */
export type OfferedAtCursor = () => Promise<OfferedNames | undefined>;

const maxRequests = 16;

export class NameCheck {
	readonly #options: NameCheckOptions;
	/**
	 * Whether each name of an answer is resolved. A verdict stays for as long as the answer is shown, even if the server knows more by then:
	 * what is on screen does not change while it is typed.
	 */
	readonly #verdicts = new LruCache<string, Map<string, boolean>>(maxRequests);

	constructor(options: NameCheckOptions) {
		this.#options = options;
	}

	/** The part of a suggestion that uses no unresolved name; empty where too little is left. */
	async kept(
		snapshot: DocumentSnapshot,
		{ text, requestId }: CheckedSuggestion,
		offered: OfferedAtCursor,
	): Promise<string> {
		const { text: document, offset, languageId } = snapshot;
		const verdicts = this.#verdicts.get(requestId) ?? new Map();
		const doubtful = doubtfulNames(
			snapshot,
			text,
			(name) =>
				hasWord(document, name) ||
				[...this.#options.otherTexts()].some((it) => hasWord(it, name)),
		).filter(({ name }) => verdicts.get(name) !== true);
		const unresolved =
			doubtful.find(({ name }) => verdicts.get(name) === false) ??
			(doubtful.length === 0
				? undefined
				: firstUnresolved(doubtful, await offered()));
		const before = lineBefore(document, offset);
		for (const { name, start } of usedNames(text, before, languageId))
			if (unresolved === undefined || start < unresolved.start)
				verdicts.set(name, true);
		if (unresolved) verdicts.set(unresolved.name, false);
		this.#verdicts.set(requestId, verdicts);
		return unresolved
			? cutBefore(text, unresolved.start, {
					languageId,
					codeBefore: codeBefore(snapshot),
				})
			: text;
	}
}

const letter = /[\p{L}\p{N}_$]/u;

/** Whether a name stands in a text as a word of its own. */
export function hasWord(text: string, name: string): boolean {
	for (
		let at = text.indexOf(name);
		at >= 0;
		at = text.indexOf(name, at + name.length)
	)
		if (
			!letter.test(text[at - 1] ?? "") &&
			!letter.test(text[at + name.length] ?? "")
		)
			return true;
	return false;
}
