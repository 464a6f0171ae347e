/**
 * The snippets in the prompts of one document, in a stable order.
 *
 * A prompt consists of snippets, path, suffix and prefix, and its KV cache is reused up to the first change: a changed snippet invalidates
 * everything after it. So the list only grows at its end, drops a stale end, or is rebuilt where that clearly pays; and all of this only
 * when the caller asks for it, in an idle moment.
 */

import type { Snippet } from "../../protocol/generation.ts";
import { areNearDuplicates, significantLines } from "./lineOverlap.ts";
import type { LocalWindow } from "./localWindow.ts";
import type { RankedCandidate } from "./ranking.ts";

/** A rebuilt list must score this many times as much as the extended one: evaluating it all takes seconds on a CPU. */
const rebuildGain = 1.5;
/** A candidate that scores less than this share of the best is not worth its tokens. */
const minShare = 0.25;

export interface ContextProposal {
	/** From `rankCandidates`, for this window. */
	readonly ranked: readonly RankedCandidate[];
	readonly local: LocalWindow;
	/** For paths and texts together. */
	readonly budgetChars: number;
	/** Whether a snippet is still in its file: see `ContextStore.holds`. */
	readonly isCurrent: (snippet: Snippet) => boolean;
}

export class StableContext {
	#snippets: readonly Snippet[] = [];

	/** The snippets that every prompt of the document begins with. */
	get snippets(): readonly Snippet[] {
		return this.#snippets;
	}

	/** A better list, or undefined where the current one is good enough. Changes nothing. */
	propose(proposal: ContextProposal): readonly Snippet[] | undefined {
		const worthwhile = aboveShare(proposal.ranked).filter(
			({ path }) => path !== proposal.local.path,
		);
		const kept = this.#validStart(proposal);
		const extended = [...kept, ...additions(kept, worthwhile, proposal)];
		const rebuilt = additions([], worthwhile, proposal);
		if (
			totalScore(rebuilt, proposal.ranked) >
			rebuildGain * totalScore(extended, proposal.ranked)
		)
			return rebuilt;
		return extended.length === this.#snippets.length &&
			kept.length === this.#snippets.length
			? undefined
			: extended;
	}

	/** Uses this list from now on: the engine has evaluated it. */
	accept(snippets: readonly Snippet[]): void {
		this.#snippets = snippets;
	}

	/** The longest beginning of the current list that is still valid. */
	#validStart({
		local,
		budgetChars,
		isCurrent,
	}: ContextProposal): readonly Snippet[] {
		const localLines = significantLines(`${local.before}${local.after}`);
		let chars = 0;
		const firstInvalid = this.#snippets.findIndex((snippet) => {
			chars += charsOf(snippet);
			return (
				chars > budgetChars ||
				snippet.path === local.path ||
				!isCurrent(snippet) ||
				areNearDuplicates(significantLines(snippet.text), localLines)
			);
		});
		return firstInvalid < 0
			? this.#snippets
			: this.#snippets.slice(0, firstInvalid);
	}
}

/**
 * The best candidates that fit after the kept snippets and are not near-duplicates of them. The best goes last: models attend most to what is
 * nearest to the code.
 */
function additions(
	kept: readonly Snippet[],
	ranked: readonly RankedCandidate[],
	{ budgetChars }: ContextProposal,
): Snippet[] {
	const keptLines = kept.map(({ text }) => significantLines(text));
	let left = budgetChars - kept.reduce((sum, it) => sum + charsOf(it), 0);
	const added: Snippet[] = [];
	for (const { path, text } of ranked) {
		const chars = charsOf({ path, text });
		if (chars > left) continue;
		const isKept = kept.some((it) => it.path === path && it.text === text);
		const lines = significantLines(text);
		if (isKept || keptLines.some((it) => areNearDuplicates(it, lines)))
			continue;
		left -= chars;
		added.push({ path, text });
	}
	return added.reverse();
}

function aboveShare(ranked: readonly RankedCandidate[]): RankedCandidate[] {
	const best = Math.max(0, ...ranked.map(({ score }) => score));
	return ranked.filter(({ score }) => score >= best * minShare);
}

/** The sum of the scores. A region may have grown since it became a snippet, so near-duplicates count as the same. */
function totalScore(
	snippets: readonly Snippet[],
	ranked: readonly RankedCandidate[],
): number {
	return snippets.reduce((sum, snippet) => {
		const lines = significantLines(snippet.text);
		const same = ranked.find(
			({ path, text }) =>
				path === snippet.path &&
				(text === snippet.text ||
					areNearDuplicates(significantLines(text), lines)),
		);
		return sum + (same?.score ?? 0);
	}, 0);
}

export function charsOf({ path, text }: Snippet): number {
	return path.length + text.length;
}
