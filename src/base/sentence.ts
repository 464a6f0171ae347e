/** Sentences for people, with named places: they are passed on in parts, so that each side words them in its own language. */

/** The names between braces in a text. */
export type Places<Text extends string> =
	Text extends `${string}{${infer Name}}${infer Rest}`
		? Name | Places<Rest>
		: never;

export interface Sentence {
	/** In English; translations are found by it. */
	readonly text: string;
	/** What fills the named places. */
	readonly values: Readonly<Record<string, string>>;
}

/** The compiler checks that every place of the text is filled. */
export function sentence<Text extends string>(
	text: Text,
	values: Readonly<Record<Places<Text>, string>>,
): Sentence {
	return { text, values };
}

export function inEnglish({ text, values }: Sentence): string {
	return text.replace(
		/\{(\w+)\}/g,
		(place, name: string) => values[name] ?? place,
	);
}
