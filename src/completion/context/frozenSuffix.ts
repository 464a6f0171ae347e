/**
 * The text after the cursor, held still while someone works near the cursor.
 *
 * It stands before the text that grows: where it changed with each bracket that the editor closes, everything behind it would be
 * evaluated again. An earlier state of it serves the model as well while it differs little.
 */

import { LruCache } from "../../base/lruCache.ts";
import { linesOf } from "../../workspace/regions.ts";
import { editDistance } from "../text/similarity.ts";

const maxDocuments = 8;
/** Copilot's rule: of the first 50 tokens one in ten may differ. */
const comparedTokens = 50;
const maxChangedTokens = 0.1;
/** Of the lines further on as well. */
const maxChangedLines = 0.1;

export class FrozenSuffix {
	readonly #suffixes = new LruCache<string, string>(maxDocuments);

	/** The earlier suffix of the document where it is near enough to the real one, or else the real one from now on. */
	choose(uri: string, suffix: string): string {
		const earlier = this.#suffixes.get(uri);
		if (earlier !== undefined && isNearEnough(earlier, suffix)) return earlier;
		this.refresh(uri, suffix);
		return suffix;
	}

	/** Takes the real suffix: in an idle moment that costs nobody anything. */
	refresh(uri: string, suffix: string): void {
		this.#suffixes.set(uri, suffix);
	}

	forget(uri: string): void {
		this.#suffixes.delete(uri);
	}
}

function isNearEnough(earlier: string, now: string): boolean {
	const [earlierLine, ...earlierLines] = linesOf(earlier);
	const [line, ...lines] = linesOf(now);
	return (
		onlyGainedPunctuation(earlierLine ?? "", line ?? "") &&
		fewTokensChanged(earlierLines.join("\n"), lines.join("\n")) &&
		fewLinesChanged(earlierLines, lines)
	);
}

/**
 * Whether the rest of the current line is the same but for brackets and quotes that came to it, such as the editor inserts. One that
 * is gone counts as a change: the model would leave out a bracket that it believes to stand there.
 */
function onlyGainedPunctuation(earlier: string, now: string): boolean {
	let at = 0;
	for (const char of now)
		if (earlier.startsWith(char, at)) at += char.length;
		else if (/[\p{L}\p{N}_]/u.test(char)) return false;
	return at === earlier.length;
}

function fewTokensChanged(earlier: string, now: string): boolean {
	const before = firstTokens(earlier);
	const after = firstTokens(now);
	return (
		editDistance(before, after) <=
		Math.max(before.length, after.length) * maxChangedTokens
	);
}

function firstTokens(text: string): string[] {
	const tokens: string[] = [];
	for (const [token] of text.matchAll(/\w+|\s+|[^\w\s]/g)) {
		tokens.push(token);
		if (tokens.length === comparedTokens) break;
	}
	return tokens;
}

/** Counts all lines from the first that differs to the last, which is exact for one change and strict for several. */
function fewLinesChanged(
	earlier: readonly string[],
	now: readonly string[],
): boolean {
	const shorter = Math.min(earlier.length, now.length);
	const longer = Math.max(earlier.length, now.length);
	let same = 0;
	while (same < shorter && earlier[same] === now[same]) same++;
	let sameAtEnd = 0;
	while (
		sameAtEnd < shorter - same &&
		earlier.at(-1 - sameAtEnd) === now.at(-1 - sameAtEnd)
	)
		sameAtEnd++;
	return longer - same - sameAtEnd <= longer * maxChangedLines;
}
