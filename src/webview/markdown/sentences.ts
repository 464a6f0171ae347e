/** The sentences of a streaming answer as they become complete, for a screen reader: prose only, because code is looked at line by line. */

const sentence = /^[^\n]*?(?:[.!?][)"'\u2019\u201d*_]*[ \t]|\n)/;
const line = /^[^\n]*\n/;

/** Characters without an end of a sentence: what is longer is said in parts. */
const longest = 1_000;

export class SentenceReader {
	#rest = "";
	#isInCode = false;

	/** What can be said now. `codeWord` stands for a block of code. */
	read(text: string, codeWord: string): string[] {
		this.#rest += text;
		const sentences: string[] = [];
		for (;;) {
			const isCode = this.#isInCode || startsFence(this.#rest);
			const end = (isCode ? line : sentence).exec(
				this.#rest.slice(0, longest),
			)?.[0].length;
			const length = end ?? longest;
			if (length > this.#rest.length) return sentences;
			const said = this.#say(this.#rest.slice(0, length), codeWord);
			if (said !== "") sentences.push(said);
			this.#rest = this.#rest.slice(length);
		}
	}

	/** The last one may end without a full stop. */
	end(codeWord: string): string[] {
		return this.read("\n", codeWord);
	}

	#say(text: string, codeWord: string): string {
		if (startsFence(text)) {
			this.#isInCode = !this.#isInCode;
			return this.#isInCode ? codeWord : "";
		}
		return this.#isInCode ? "" : text.replace(/[*_`#>|]+/g, "").trim();
	}
}

function startsFence(text: string): boolean {
	return /^[ \t]*(?:```|~~~)/.test(text);
}
