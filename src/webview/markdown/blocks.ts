/** A growing answer in blocks: those that can no longer change, and the open rest. */

import { type CodeSource, topBlocks } from "./render.ts";

export type Block =
	| ({ readonly kind: "code" } & CodeSource)
	| { readonly kind: "markdown"; readonly source: string }
	/** Too long, or nested too deep, for its Markdown to be looked at. */
	| { readonly kind: "plain"; readonly source: string };

export interface Split {
	readonly finished: readonly Block[];
	/** What the last lines are as long as nothing follows. */
	readonly open: readonly Block[];
	/** Where the open blocks begin: the next call needs the text from there on only. */
	readonly openFrom: number;
}

/** Characters. No paragraph, list or table that somebody reads is longer. */
const formattedLimit = 50_000;

/**
 * By CommonMark, a line changes the last block only or begins another. So all blocks before the last one are finished; the last line counts when it
 * is complete, for `2` is a paragraph and `2. ` may go on with a list.
 */
export function splitBlocks(text: string): Split {
	const complete = text.slice(0, text.lastIndexOf("\n") + 1);
	const blocks = blocksOf(complete);
	const openFrom = blocks.at(-1)?.from ?? 0;
	return {
		finished: blocks.slice(0, -1).map(({ block }) => block),
		open: blocksOf(text.slice(openFrom)).map(({ block }) => block),
		openFrom,
	};
}

function blocksOf(
	text: string,
): { readonly from: number; readonly block: Block }[] {
	const starts = lineStarts(text);
	const tops = topBlocks(text);
	return tops.map(({ firstLine, fence, isDeep }, index) => {
		const from = starts[firstLine] ?? text.length;
		const nextLine = tops[index + 1]?.firstLine;
		const to = nextLine === undefined ? text.length : starts[nextLine];
		const source = text.slice(from, to);
		if (fence) return { from, block: { kind: "code", ...fence } };
		const isPlain = isDeep || source.length > formattedLimit;
		return { from, block: { kind: isPlain ? "plain" : "markdown", source } };
	});
}

function lineStarts(text: string): number[] {
	return [
		0,
		...[...text.matchAll(/\r\n?|\n/g)].map(
			({ index, 0: end }) => index + end.length,
		),
	];
}
