/**
 * Fences of code blocks in Markdown, one block inside of another included.
 *
 * In CommonMark the first line of backticks alone closes a block, even if it belongs to a block inside. Models write such blocks nevertheless:
 * a readme in a fence, with commands in fences of the same length. A fence with an info string can only open a block, so it and the one that closes it are
 * taken as a pair, and the outer block goes on. If it is not closed after that, it is open: better than code that is cut off unnoticed.
 */

export interface Fence {
	/** Characters before it. */
	readonly indent: number;
	/** Three or more backticks or tildes. */
	readonly marker: string;
	/** What follows it; empty in one that closes a block. */
	readonly info: string;
	/** A word follows at once: nothing that closes a block looks like that. */
	readonly namesLanguage: boolean;
}

/** The info string of backticks has none, or it would be inline code. */
const fence = /^([ \t]*)(`{3,}(?=[^`]*$)|~{3,}(?!~))(.*)$/;

/** Undefined if the line is none. */
export function fenceIn(line: string): Fence | undefined {
	const [, indent = "", marker, info = ""] = fence.exec(line) ?? [];
	return marker === undefined
		? undefined
		: {
				indent: indent.length,
				marker,
				info: info.trim(),
				namesLanguage: /^\{?\.?[\p{L}\p{N}]/u.test(info),
			};
}

/** An indentation by more belongs to the code. */
const maxIndent = 3;

/** Reads the lines of one code block, and finds the one that closes it. */
export class FenceReader {
	/** The block, and the blocks inside of it that are open. */
	readonly #open: Fence[];
	#lineBefore: string | undefined;

	constructor(opening: Fence) {
		this.#open = [opening];
	}

	/**
	 * Whether this line closes the block. Depends on no later line than the next, so that what was read of a stream stays as it is.
	 *
	 * @param next undefined at the end.
	 */
	closes(line: string, next: string | undefined): boolean {
		const before = this.#lineBefore;
		this.#lineBefore = line;
		const found = fenceIn(line);
		const inner = this.#open.at(-1);
		if (!found || !inner || found.indent > inner.indent + maxIndent)
			return false;
		const isDocument = holdsMarkdown(inner.info);
		const isKin =
			found.marker[0] === inner.marker[0] &&
			found.marker.length >= inner.marker.length;
		const isOther = found.marker[0] !== inner.marker[0];
		if (found.info === "" && isKin) {
			if (isDocument && opensBlock(before, next)) this.#open.push(found);
			else this.#open.pop();
		} else if (isKin ? found.namesLanguage : isDocument && isOther)
			this.#open.push(found);
		return this.#open.length === 0;
	}
}

/** The fence that would close the text, as a reader of CommonMark sees it; undefined if no block is open at its end. */
export function openFence(text: string): string | undefined {
	let open: Fence | undefined;
	for (const line of text.split(/\r\n|\r|\n/)) {
		const found = fenceIn(line);
		if (!found) continue;
		const closes =
			open &&
			found.info === "" &&
			found.marker[0] === open.marker[0] &&
			found.marker.length >= open.marker.length &&
			found.indent <= open.indent + maxIndent;
		if (closes) open = undefined;
		else open ??= found;
	}
	return open?.marker;
}

/** In Markdown a fence without an info string may open a block, too. */
function holdsMarkdown(info: string): boolean {
	return (
		/^\{?\.?(?:markdown|mdx?|mdown|mkdn?|rmd|qmd|myst)(?![\w+#.-])/i.test(
			info,
		) || /\.(?:markdown|mdx?|rmd|qmd)(?![\w-])/i.test(info)
	);
}

/** Whether a fence without an info string begins a block rather than ends one: models leave a line blank before a block, and after one. */
function opensBlock(
	before: string | undefined,
	next: string | undefined,
): boolean {
	if (next === undefined || next.trim() === "" || fenceIn(next)) return false;
	return before?.trim() === "" || !isProse(next);
}

const maxProseChars = 200;

function isProse(line: string): boolean {
	const text = line.slice(0, maxProseChars).trim();
	if (/^[*_"'(]*\p{Lo}/u.test(text)) return true;
	return (
		/^[*_"'(]*\p{Lu}/u.test(text) &&
		/\s\S+\s|[.:!?\u2026]$/.test(text) &&
		!/[{}[\];=<>$|\\]/.test(text)
	);
}
