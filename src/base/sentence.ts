/** Sentences for people, with named places: they cross boundaries in parts, and each side words them in its own language. */

/** The names between braces in a text. */
export type Places<Text extends string> =
	Text extends `${string}{${infer Name}}${infer Rest}`
		? Name | Places<Rest>
		: never;

export interface Sentence {
	/** In English; translations are found by it. */
	readonly text: string;
	/** What fills the named places. */
	readonly values: Readonly<Record<string, string | SentenceList>>;
}

/** Sentences that fill one place of another. */
export interface SentenceList {
	readonly sentences: readonly Sentence[];
	readonly separator: string;
}

/** A fragment that fills one place of a sentence, such as why something failed. */
export interface Phrase {
	readonly text: string;
	readonly values: Readonly<Record<string, string>>;
}

/** `vscode.l10n.t` in the editor, `english` elsewhere. The bundle of texts is collected from the calls of functions named `t` and `phrase`. */
export interface Translate {
	(text: string): string;
	/** The compiler checks that every place of the text is filled. */
	<Text extends string>(
		text: Text,
		values: Readonly<Record<Places<Text>, string>>,
	): string;
}

/** The compiler checks that every place of the text is filled. */
export function sentence<Text extends string>(
	text: Text,
	values: Readonly<Record<Places<Text>, string | SentenceList>>,
): Sentence {
	return { text, values };
}

/** The compiler checks that every place of the text is filled. */
export function phrase<Text extends string>(
	text: Text,
	values: Readonly<Record<Places<Text>, string>>,
): Phrase {
	return { text, values };
}

export const english: Translate = (
	text: string,
	values: Readonly<Record<string, string>> = {},
) => text.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);

export function worded({ text, values }: Sentence, t: Translate): string {
	const filled = Object.entries(values).map(([name, value]) => [
		name,
		typeof value === "string"
			? value
			: value.sentences.map((it) => worded(it, t)).join(value.separator),
	]);
	return t(text, Object.fromEntries(filled));
}

export function inEnglish(it: Sentence): string {
	return worded(it, english);
}

/** Line ends, tabs, escape codes, and the marks that turn the direction of the text around them. */
const unprintable =
	/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\p{Cs}]+/gu;

/**
 * The text in one line without control characters, cut to `maxCharacters` UTF-16 units with an ellipsis. Its cost does not depend on the length of
 * what is cut off.
 */
export function oneLine(text: string, maxCharacters: number): string {
	// Some more than the limit: white space at the ends is dropped.
	const front = text.slice(0, 2 * maxCharacters);
	const line = front.replace(unprintable, " ").trim();
	if (line.length <= maxCharacters && front.length === text.length) return line;
	const cut = line.slice(0, maxCharacters - 1);
	// Not in the middle of a character of two units.
	return `${cut.replace(/[\ud800-\udbff]$/, "")}…`;
}
