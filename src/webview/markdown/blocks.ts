/** Splits a streaming answer into finished blocks, which no longer change, and open ones. */

import { type CodeSource, topBlocks } from "./render.ts";

export type Block =
	| ({ readonly kind: "code" } & CodeSource)
	| { readonly kind: "markdown"; readonly source: string }
	/** Too long or nested too deep to render as Markdown. */
	| { readonly kind: "plain"; readonly source: string };

export interface Split {
	readonly finished: readonly Block[];
	/** The blocks that following lines may change. */
	readonly open: readonly Block[];
	/** The offset of the open blocks: the next call needs only the text from here on. */
	readonly openFrom: number;
}

/** No readable paragraph, list or table is longer. */
const maxMarkdownChars = 50_000;

/**
 * In CommonMark, a line extends the last block or begins another, so all blocks before the last one are finished. Only complete lines
 * count: `2` is a paragraph, but `2. ` may continue a list.
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
		const isPlain = isDeep || source.length > maxMarkdownChars;
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
