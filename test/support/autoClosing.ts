/** Lines of real sources as they are in an editor that closes brackets and quotes while the user types them. */

const closerOf: Readonly<Record<string, string>> = {
	"(": ")",
	"[": "]",
	"{": "}",
	'"': '"',
	"'": "'",
	"`": "`",
};

/** What is typed, and the closers that the editor has put after the cursor. */
export interface AutoClosed {
	readonly before: string;
	readonly closers: string;
}

/** The line when so much of it was typed, by the rules of VS Code: a quote after a word is an apostrophe, and closers are typed over. */
export function autoClosed(typed: string): AutoClosed {
	let before = "";
	let closers = "";
	for (const char of typed) {
		const last = before.at(-1) ?? "";
		const isEscaped = last === "\\";
		const quote = quoteAround(before);
		if (closers.startsWith(char) && !isEscaped) closers = closers.slice(1);
		else if (quote === "" && isOpener(char, last)) {
			const closer = closerOf[char] ?? "";
			closers = closer + closers;
		}
		before += char;
	}
	return { before, closers };
}

function isOpener(char: string, last: string): boolean {
	if (!(char in closerOf)) return false;
	return "([{".includes(char) || !/[\w"'`]/.test(last);
}

/** The quote of the string literal at the end of the text; empty outside of one. */
function quoteAround(text: string): string {
	let quote = "";
	for (let at = 0; at < text.length; at++) {
		const char = text[at] ?? "";
		if (char === "\\") at++;
		else if (quote === char) quote = "";
		else if (quote === "" && `"'\``.includes(char)) quote = char;
	}
	return quote;
}

/** Closing brackets, and quotes. */
export function countClosers(text: string): Readonly<Record<string, number>> {
	const counts: Record<string, number> = {};
	for (const char of text)
		if (`)]}"'\``.includes(char)) counts[char] = (counts[char] ?? 0) + 1;
	return counts;
}
