/** The texts that an answer may repeat, as tokens of the model that is loaded. They are tokenized a piece at a time, between other work. */

import type { Log } from "../../base/log.ts";
import type { References } from "../../protocol/references.ts";
import type { LoadedModel, Token } from "../runtime/runtime.ts";
import type { TokenReference } from "./lookup.ts";

type Tokenizer = Pick<LoadedModel, "tokenize">;

export interface ReferenceTokensOptions {
	/** The model that is loaded now, if there is one. */
	readonly tokenizer: () => Tokenizer | undefined;
	readonly log: Log;
	/** Runs this when other work had its turn. */
	readonly defer?: (work: () => void) => void;
}

/** Tokenizing holds up everything else in this process: a piece of this length for about a millisecond. */
const pieceChars = 4096;

interface Reference {
	readonly id: string;
	readonly text: string;
	/** Of `text`; or of what it was before, as long as it is not `isTokenized`. */
	readonly tokens: readonly Token[];
	readonly isTokenized: boolean;
}

export class ReferenceTokens {
	readonly #options: Required<ReferenceTokensOptions>;
	#all: readonly Reference[] = [];
	/** What the tokens are of. */
	#tokenizer: Tokenizer | undefined;
	#tokens: readonly TokenReference[] = [];
	#work: Iterator<void> | undefined;

	constructor(options: ReferenceTokensOptions) {
		this.#options = { defer: (work) => void setImmediate(work), ...options };
	}

	/** These are all there are from now on. One without text stays as it is. */
	receive(told: References): void {
		const before = new Map(this.#all.map((it) => [it.id, it]));
		this.#set(
			told.flatMap(({ id, text }) => {
				const known = before.get(id);
				if (known && (text === undefined || text === known.text))
					return [known];
				// Until it is tokenized, the text as it was is worth more than none.
				return text === undefined
					? []
					: [{ id, text, tokens: known?.tokens ?? [], isTokenized: false }];
			}),
		);
		this.#tokenize();
	}

	/** What is tokenized by now, the most recent first, and the same array while nothing changes. The rest follows by itself. */
	tokens(): readonly TokenReference[] {
		if (this.#options.tokenizer() !== this.#tokenizer) this.#tokenize();
		return this.#tokens;
	}

	#set(all: readonly Reference[]): void {
		this.#all = all;
		this.#tokens = all.filter(({ tokens }) => tokens.length > 0);
	}

	/** Begins anew with what is not tokenized. */
	#tokenize(): void {
		const tokenizer = this.#options.tokenizer();
		// Tokens of another model are other words.
		if (tokenizer !== this.#tokenizer)
			this.#set(
				this.#all.map((it) => ({ ...it, tokens: [], isTokenized: false })),
			);
		this.#tokenizer = tokenizer;
		const work = tokenizer && this.#inPieces(tokenizer);
		this.#work = work;
		if (work) this.#options.defer(() => this.#goOn(work));
	}

	#goOn(work: Iterator<void>): void {
		if (work !== this.#work) return;
		if (this.#options.tokenizer() !== this.#tokenizer) this.#tokenize();
		else if (!work.next().done) this.#options.defer(() => this.#goOn(work));
	}

	*#inPieces(tokenizer: Tokenizer): Generator<void> {
		for (const reference of this.#all) {
			if (reference.isTokenized) continue;
			const tokens: Token[] = [];
			try {
				for (const piece of piecesOf(reference.text)) {
					tokens.push(...tokenizer.tokenize(piece));
					yield;
				}
			} catch {
				// What was thrown may hold the text. Answers do without it.
				this.#options.log.error("a reference could not be tokenized");
			}
			const done = { ...reference, tokens, isTokenized: true };
			this.#set(this.#all.map((it) => (it === reference ? done : it)));
		}
	}
}

/** Whole lines where they are not too long: what begins a line is a token of its own in most vocabularies. */
function* piecesOf(text: string): Generator<string> {
	let start = 0;
	while (start < text.length) {
		const limit = start + pieceChars;
		const lineEnd = text.lastIndexOf("\n", limit - 1) + 1;
		const end = limit >= text.length || lineEnd <= start ? limit : lineEnd;
		yield text.slice(start, end);
		start = end;
	}
}
