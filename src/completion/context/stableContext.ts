/**
 * The snippets before one document's own text, in an order that lasts.
 *
 * The engine evaluates a prompt from left to right, and keeps its KV state up to the first change: snippets, path, suffix, prefix. A
 * changed snippet has everything behind it evaluated again. So the list only grows at its end, loses an end of it that is no
 * longer true, or is made anew as a whole where that clearly pays; and each of these only when the caller asks, in an idle moment.
 */

import type { Snippet } from "../../protocol/generation.ts";
import { areNearDuplicates, significantLines } from "./lineOverlap.ts";
import type { LocalWindow } from "./localWindow.ts";
import type { RankedCandidate } from "./ranking.ts";

/** A new list must score this many times what the present one does with its additions: evaluating it all takes seconds on a CPU. */
const rebuildGain = 1.5;
/** What scores less than this share of the best is not worth its tokens. */
const minShare = 0.25;

export interface ContextProposal {
	/** From `rankCandidates`, for this window. */
	readonly ranked: readonly RankedCandidate[];
	readonly local: LocalWindow;
	/** For paths and texts together. */
	readonly budgetChars: number;
	/** Whether a snippet still stands in its file: see `ContextStore.holds`. */
	readonly isTrue: (snippet: Snippet) => boolean;
}

export class StableContext {
	#present: readonly Snippet[] = [];

	/** What every prompt of the document begins with. */
	get present(): readonly Snippet[] {
		return this.#present;
	}

	/** The list that should come next, or undefined where the present one is good enough. Changes nothing. */
	propose(proposal: ContextProposal): readonly Snippet[] | undefined {
		const worthwhile = aboveShare(proposal.ranked).filter(
			({ path }) => path !== proposal.local.path,
		);
		const kept = this.#stillGood(proposal);
		const extended = [...kept, ...additions(kept, worthwhile, proposal)];
		const rebuilt = additions([], worthwhile, proposal);
		if (
			totalScore(rebuilt, proposal.ranked) >
			rebuildGain * totalScore(extended, proposal.ranked)
		)
			return rebuilt;
		return extended.length === this.#present.length &&
			kept.length === this.#present.length
			? undefined
			: extended;
	}

	/** The engine has evaluated this list: from now on prompts begin with it. */
	accept(snippets: readonly Snippet[]): void {
		this.#present = snippets;
	}

	/** The longest leading run of the present list that may stay as it is. */
	#stillGood({
		local,
		budgetChars,
		isTrue,
	}: ContextProposal): readonly Snippet[] {
		const localLines = significantLines(`${local.before}${local.after}`);
		let chars = 0;
		const firstBad = this.#present.findIndex((snippet) => {
			chars += charsOf(snippet);
			return (
				chars > budgetChars ||
				snippet.path === local.path ||
				!isTrue(snippet) ||
				areNearDuplicates(significantLines(snippet.text), localLines)
			);
		});
		return firstBad < 0 ? this.#present : this.#present.slice(0, firstBad);
	}
}

/**
 * The best candidates that fit behind the snippets kept and say something else. The best of them goes last: nearest to the code, where
 * models heed it most.
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

/** The sum of the scores. A region may have grown since it became a snippet: what is alike to it speaks for it. */
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
