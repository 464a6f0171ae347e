/** Whitespace as Python knows it, which differs from JavaScript's in a few characters. */

const space =
	"[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const spaceOnly = new RegExp(`^${space}+$`);
const lineEnd = "[\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029]";
const lineBreak = new RegExp(`\\r\\n|${lineEnd}`);
const oneSpace = new RegExp(`^${space}$`);

export type Side = "both" | "left" | "right";

export function isSpace(text: string): boolean {
	return spaceOnly.test(text);
}

/** @param characters those to remove; whitespace if null. */
export function strip(
	text: string,
	side: Side,
	characters: string | null = null,
): string {
	const set = characters === null ? undefined : new Set(characters);
	const isRemoved = (at: number) => {
		const character = text.charAt(at);
		return set ? set.has(character) : oneSpace.test(character);
	};
	let [start, end] = [0, text.length];
	if (side !== "right") while (start < end && isRemoved(start)) start++;
	if (side !== "left") while (end > start && isRemoved(end - 1)) end--;
	return text.slice(start, end);
}

/** The words between whitespace. */
export function wordsOf(text: string): readonly string[] {
	return text.split(new RegExp(`${space}+`)).filter((it) => it !== "");
}

/** Splits at whitespace at most this many times; what is left keeps its own. */
export function splitWords(
	text: string,
	most: number,
	from: "left" | "right",
): readonly string[] {
	if (most < 0) return wordsOf(text);
	const words: string[] = [];
	let rest = strip(text, from);
	while (rest !== "" && words.length < most) {
		const at = from === "left" ? firstSpace(rest) : lastSpace(rest);
		if (at < 0) break;
		words.push(from === "left" ? rest.slice(0, at) : rest.slice(at + 1));
		rest = strip(from === "left" ? rest.slice(at) : rest.slice(0, at), from);
	}
	if (rest !== "") words.push(rest);
	return from === "left" ? words : words.reverse();
}

function firstSpace(text: string): number {
	return text.search(new RegExp(space));
}

function lastSpace(text: string): number {
	let at = text.length - 1;
	while (at >= 0 && !oneSpace.test(text.charAt(at))) at--;
	return at;
}

/** The lines of a text, without the empty one after a final line break. */
export function linesOf(text: string): readonly string[] {
	const lines = text.split(lineBreak);
	if (lines.at(-1) === "") lines.pop();
	return lines;
}
