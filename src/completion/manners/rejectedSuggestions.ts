/** Suggestions that the user rejected: none of them is shown again at its place while the line is what it was. */

import { type Edit, type LinePlace, movedLine, withoutSpace } from "./edits.ts";

interface Rejection extends LinePlace {
	/** The first line of the suggestion, without white space: the rest of it often varies. */
	readonly text: string;
}

const maxRejections = 64;

export class RejectedSuggestions {
	#newestFirst: readonly Rejection[] = [];

	add({ uri, line, before, after }: LinePlace, suggestion: string): void {
		const text = firstLine(suggestion);
		if (text === "") return;
		this.#newestFirst = [
			{ uri, line, before, after, text },
			...this.#newestFirst,
		].slice(0, maxRejections);
	}

	edited(uri: string, edit: Edit): void {
		this.#newestFirst = this.#newestFirst.map((it) =>
			it.uri === uri ? { ...it, line: movedLine(it.line, edit) } : it,
		);
	}

	/** Whether this suggestion, or a shorter or longer form of it, was rejected here. */
	includes({ uri, line, before, after }: LinePlace, suggestion: string) {
		const text = firstLine(suggestion);
		return this.#newestFirst.some(
			(it) =>
				it.uri === uri &&
				it.line === line &&
				it.before === before &&
				it.after === after &&
				(text.startsWith(it.text) || it.text.startsWith(text)),
		);
	}
}

function firstLine(suggestion: string): string {
	const [first = ""] = suggestion.trim().split("\n");
	return withoutSpace(first);
}
