/** Tracks open brackets in code, ignoring string literals. An approximation for all languages with brackets and quotes. */

const closerOf: Readonly<Record<string, string>> = {
	"(": ")",
	"[": "]",
	"{": "}",
};
const openers = "([{";
const closers = ")]}";
const quotes = "\"'`";

export class BracketScanner {
	/** The closers of the open brackets, outermost first. */
	readonly #expected: string[] = [];
	/** The quote of the current string literal; empty outside of one. */
	#quote = "";
	#escaped = false;

	/** @param before the current line up to the start of the scan, to know whether that is inside a string. */
	constructor(before = "") {
		for (const char of before) this.read(char);
		this.#expected.length = 0;
	}

	/** Brackets opened and not closed since the start. */
	get openCount(): number {
		return this.#expected.length;
	}

	/** The quote that closes the current string literal; empty outside of one. */
	get quote(): string {
		return this.#quote;
	}

	/** Reads one character. True for a closing bracket that was not opened since the start. */
	read(char: string): boolean {
		if (this.#quote !== "") {
			const ends =
				!this.#escaped &&
				(char === this.#quote || (char === "\n" && this.#quote !== "`"));
			this.#escaped = !this.#escaped && char === "\\";
			if (ends) this.#quote = "";
			return false;
		}
		if (quotes.includes(char)) this.#quote = char;
		else if (openers.includes(char))
			this.#expected.push(closerOf[char] ?? char);
		else if (closers.includes(char)) return this.#expected.pop() === undefined;
		return false;
	}
}

/** Brackets that the text opens and does not close. */
export function unclosedBrackets(text: string, before: string): number {
	const scanner = new BracketScanner(before);
	for (const char of text) scanner.read(char);
	return scanner.openCount;
}
