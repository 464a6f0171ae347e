/** The manners of the extension in a replay, which tells texts and not edits. */

import {
	type LinePlace,
	lastLine,
	lineCount,
} from "../../src/completion/manners/edits.ts";
import { Manners } from "../../src/completion/manners/manners.ts";
import {
	type DocumentSnapshot,
	lineAfter,
	lineBefore,
} from "../../src/completion/text/documentContext.ts";

export class ReplayManners {
	readonly #manners = new Manners();
	readonly #now: () => number;
	#last: DocumentSnapshot | undefined;

	constructor(now: () => number) {
		this.#now = now;
	}

	moved(snapshot: DocumentSnapshot): void {
		const last = this.#last;
		this.#last = snapshot;
		if (last?.uri === snapshot.uri && last.text !== snapshot.text)
			this.#manners.edited(
				snapshot.uri,
				editBetween(last.text, snapshot.text),
				this.#now(),
			);
		const { uri, line, before } = linePlace(snapshot);
		this.#manners.movedTo({ uri, line, character: before.length });
	}

	/** Why nothing is suggested at a place. */
	objectionTo(snapshot: DocumentSnapshot): string | undefined {
		return this.#held(this.#manners.objectionTo(snapshot)?.kind);
	}

	/** Why a text is not shown; undefined where it is. */
	objectionToText(
		snapshot: DocumentSnapshot,
		text: string,
	): string | undefined {
		const place = linePlace(snapshot);
		const kind = this.#manners.objectionToText(place, text)?.kind;
		if (kind === undefined) this.#manners.shown(place, text, this.#now());
		return this.#held(kind);
	}

	#held(kind: string | undefined): string | undefined {
		if (kind !== undefined) this.#manners.hidden();
		return kind;
	}
}

function linePlace({ uri, text, offset }: DocumentSnapshot): LinePlace {
	return {
		uri,
		line: lineCount(text.slice(0, offset)),
		before: lineBefore(text, offset),
		after: lineAfter(text, offset),
	};
}

function editBetween(from: string, to: string) {
	const shorter = Math.min(from.length, to.length);
	let start = 0;
	while (start < shorter && from[start] === to[start]) start++;
	let end = 0;
	while (end < shorter - start && from.at(-1 - end) === to.at(-1 - end)) end++;
	const before = from.slice(0, start);
	return {
		line: lineCount(before),
		before: lastLine(before),
		removed: from.slice(start, from.length - end),
		inserted: to.slice(start, to.length - end),
	};
}
