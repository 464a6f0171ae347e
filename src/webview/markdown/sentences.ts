/** Splits a streaming answer into sentences for a screen reader. Skips code, which users read line by line. */

import { FenceReader, fenceIn } from "../../base/text/fences.ts";

const sentence = /^[^\n]*?(?:[.!?][)"'\u2019\u201d*_]*[ \t]|\n)/;
const line = /^[^\n]*\n/;

/** Longer text without an end of a sentence is split. */
const maxSentenceChars = 1_000;

export class SentenceReader {
	#rest = "";
	/** Of the code block that it is in. */
	#code: FenceReader | undefined;

	/** The sentences that are complete. @param codeWord is announced in place of a code block. */
	read(text: string, codeWord: string): string[] {
		this.#rest += text;
		const sentences: string[] = [];
		for (;;) {
			const isCode = this.#code !== undefined || startsFence(this.#rest);
			const end = (isCode ? line : sentence).exec(
				this.#rest.slice(0, maxSentenceChars),
			)?.[0].length;
			const length = end ?? maxSentenceChars;
			if (length > this.#rest.length) return sentences;
			const found = this.#sentenceOf(this.#rest.slice(0, length), codeWord);
			if (found !== "") sentences.push(found);
			this.#rest = this.#rest.slice(length);
		}
	}

	/** The rest, which may have no full stop. */
	end(codeWord: string): string[] {
		return this.read("\n", codeWord);
	}

	#sentenceOf(text: string, codeWord: string): string {
		if (this.#code) {
			if (this.#code.closes(text.trimEnd(), undefined)) this.#code = undefined;
			return "";
		}
		const opening = fenceIn(text.trimEnd());
		if (opening) {
			this.#code = new FenceReader(opening);
			return codeWord;
		}
		return text.replace(/[*_`#>|]+/g, "").trim();
	}
}

function startsFence(text: string): boolean {
	return /^[ \t]*(?:```|~~~)/.test(text);
}
