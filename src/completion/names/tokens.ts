/** Splits code into names, punctuation and line ends, without strings, numbers and comments. */

export interface Token {
	readonly kind: "name" | "punctuation";
	readonly text: string;
	/** In UTF-16 units, like `end`, which is exclusive. */
	readonly start: number;
	readonly end: number;
	/** A private member of a class: `#name`, whose text is `name`. */
	readonly isPrivate: boolean;
}

/** In order: the first that matches counts. A string that does not end reaches to the end of its line, or of the text. */
const patterns: readonly (readonly [RegExp, Token["kind"] | "skipped"])[] = [
	[/[ \t\r]+/y, "skipped"],
	[/\/\*[\s\S]*?(?:\*\/|$)/y, "skipped"],
	[/(?:"""|''')[\s\S]*?(?:"""|'''|$)/y, "skipped"],
	[/`(?:\\[\s\S]|[^`\\])*(?:`|$)/y, "skipped"],
	[/"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?/y, "skipped"],
	[/\d[\p{L}\p{N}_]*(?:\.\d[\p{L}\p{N}_]*)?/uy, "skipped"],
	[/[#@]?[\p{L}_$][\p{L}\p{N}_$]*/uy, "name"],
	[/=>|\?\.|\.\.\.?|===?|!==?|<=|>=|:=|::|->/y, "punctuation"],
	[/[\s\S]/uy, "punctuation"],
];
/** A regular expression stands where a value is expected. */
const regularExpression =
	/\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/\w*/y;
const beforeValue = /^(?:[=(,:[!&|?{};\n]|=>|return)$/;

/** @param comment what begins a line comment; empty where there is none. */
export function tokensOf(text: string, comment: string): Token[] {
	const tokens: Token[] = [];
	for (let at = 0; at < text.length; ) {
		const end =
			skippedTo(text, at, comment, tokens.at(-1)) ?? pushed(text, at, tokens);
		at = end;
	}
	return tokens;
}

function skippedTo(
	text: string,
	at: number,
	comment: string,
	last: Token | undefined,
): number | undefined {
	if (comment !== "" && text.startsWith(comment, at)) {
		const end = text.indexOf("\n", at);
		return end < 0 ? text.length : end;
	}
	if (text[at] !== "/" || (last && !beforeValue.test(last.text)))
		return undefined;
	regularExpression.lastIndex = at;
	return regularExpression.exec(text) ? regularExpression.lastIndex : undefined;
}

/** Adds the token that starts here, if it is one that counts. @returns where it ends. */
function pushed(text: string, start: number, tokens: Token[]): number {
	for (const [pattern, kind] of patterns) {
		pattern.lastIndex = start;
		const found = pattern.exec(text)?.[0];
		if (found === undefined) continue;
		const end = start + found.length;
		if (kind !== "skipped") {
			// Private members and decorators: the mark is not part of the name.
			const mark = kind === "name" && /^[#@]/.test(found) ? 1 : 0;
			tokens.push({
				kind,
				text: found.slice(mark),
				start: start + mark,
				end,
				isPrivate: found.startsWith("#") && mark === 1,
			});
		}
		return end;
	}
	return start + 1;
}
