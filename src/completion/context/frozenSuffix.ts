/**
 * The suffix in prompts, kept constant across small edits.
 *
 * In a prompt it comes before the text that is being typed: a change, such as each bracket that the editor closes, invalidates the KV cache
 * of everything after it. An earlier suffix serves the model just as well while the two differ little.
 */

import { LruCache } from "../../base/lruCache.ts";
import { linesOf } from "../../workspace/regions.ts";
import { editDistance } from "../text/similarity.ts";

const maxDocuments = 8;
/** As in Copilot: one in ten of the first 50 tokens may differ. */
const comparedTokens = 50;
const maxChangedTokens = 0.1;
/** One in ten of the other lines may differ too. */
const maxChangedLines = 0.1;

export class FrozenSuffix {
	readonly #suffixes = new LruCache<string, string>(maxDocuments);

	/** The earlier suffix of the document if it is similar enough to the actual one; otherwise the actual one, from now on. */
	choose(uri: string, suffix: string): string {
		const earlier = this.#suffixes.get(uri);
		if (earlier !== undefined && isSimilarEnough(earlier, suffix))
			return earlier;
		this.refresh(uri, suffix);
		return suffix;
	}

	/** Switches to the actual suffix. For idle moments, when evaluating it again delays nobody. */
	refresh(uri: string, suffix: string): void {
		this.#suffixes.set(uri, suffix);
	}

	forget(uri: string): void {
		this.#suffixes.delete(uri);
	}
}

function isSimilarEnough(earlier: string, now: string): boolean {
	const [earlierLine, ...earlierLines] = linesOf(earlier);
	const [line, ...lines] = linesOf(now);
	return (
		onlyGainedPunctuation(earlierLine ?? "", line ?? "") &&
		fewTokensChanged(earlierLines.join("\n"), lines.join("\n")) &&
		fewLinesChanged(earlierLines, lines)
	);
}

/**
 * Whether the rest of the current line has only gained brackets and quotes, as the editor inserts them. A removed one is a change: the model
 * would leave out a bracket that it believes to be there.
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

/** Counts all lines from the first difference to the last: exact for one change, an upper bound for several. */
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
