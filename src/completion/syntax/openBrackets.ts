/** The brackets that a text leaves open, outside of its strings and comments as far as a pattern can tell those. */

const closerOf: Readonly<Record<string, string>> = {
	"(": ")",
	"[": "]",
	"{": "}",
};

export interface Brackets {
	/** The closers of the open brackets, outermost first. */
	readonly open: readonly string[];
	/** How many of those that were open before are still open. */
	readonly kept: number;
	/** Closers of more brackets than were open. */
	readonly surplus: number;
}

/** @param before the closers of what is open where the text begins. */
export function bracketsAfter(
	text: string,
	languageId: string,
	before: readonly string[] = [],
): Brackets {
	const open = [...before];
	let kept = before.length;
	let surplus = 0;
	for (const [char] of text
		.replace(textsOf(languageId), "")
		.matchAll(/[()[\]{}]/g)) {
		const closer = closerOf[char];
		if (closer !== undefined) open.push(closer);
		else if (open.pop() === undefined) surplus++;
		kept = Math.min(kept, open.length);
	}
	return { open, kept, surplus };
}

/** Whether the text ends inside a string or a comment of several lines. */
export function endsInText(text: string, languageId: string): boolean {
	const [last] = [...text.matchAll(textsOf(languageId))].slice(-1);
	if (!last || last.index + last[0].length < text.length) return false;
	const opener = /^(?:"""|'''|\/\*|`)/.exec(last[0])?.[0];
	if (opener === undefined) return false;
	const rest = last[0].slice(opener.length);
	return !rest.endsWith(opener === "/*" ? "*/" : opener);
}

const line = String.raw`"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'`;
const slashes = new RegExp(
	String.raw`\/\*[\s\S]*?(?:\*\/|$)|\/\/.*|${line}|${"`"}(?:\\[\s\S]|[^${"`"}\\])*(?:${"`"}|$)`,
	"g",
);
const hashes = new RegExp(
	String.raw`"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|#.*|${line}`,
	"g",
);

function textsOf(languageId: string): RegExp {
	return languageId === "python" || languageId === "ruby" ? hashes : slashes;
}
