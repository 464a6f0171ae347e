/** Tokenizes the texts that an answer may repeat, in pieces between other work. */

import type { Log } from "../../base/log.ts";
import type { References } from "../../protocol/references.ts";
import type { LoadedModel, Token } from "../runtime/runtime.ts";
import type { TokenReference } from "./lookup.ts";

type Tokenizer = Pick<LoadedModel, "tokenize">;

export interface ReferenceTokensOptions {
	/** The loaded model, if there is one. */
	readonly tokenizer: () => Tokenizer | undefined;
	readonly log: Log;
	/** Runs work after other pending work. */
	readonly defer?: (work: () => void) => void;
}

/** Tokenizing blocks the event loop: about 1 ms for a piece of this length. */
const pieceChars = 4096;

interface Reference {
	readonly id: string;
	readonly text: string;
	/** The tokens of `text`, or of its previous version until `isTokenized`. */
	readonly tokens: readonly Token[];
	readonly isTokenized: boolean;
}

export class ReferenceTokens {
	readonly #options: Required<ReferenceTokensOptions>;
	#all: readonly Reference[] = [];
	/** The model of `#tokens`. */
	#tokenizer: Tokenizer | undefined;
	#tokens: readonly TokenReference[] = [];
	#work: Iterator<void> | undefined;

	constructor(options: ReferenceTokensOptions) {
		this.#options = { defer: (work) => void setImmediate(work), ...options };
	}

	/** Replaces all references. One without text keeps its known text. */
	receive(references: References): void {
		const before = new Map(this.#all.map((it) => [it.id, it]));
		this.#set(
			references.flatMap(({ id, text }) => {
				const known = before.get(id);
				if (known && (text === undefined || text === known.text))
					return [known];
				// Until the new text is tokenized, its previous version is better than nothing.
				return text === undefined
					? []
					: [{ id, text, tokens: known?.tokens ?? [], isTokenized: false }];
			}),
		);
		this.#tokenize();
	}

	/** What is tokenized so far, most recent first; the same array while nothing changes. */
	tokens(): readonly TokenReference[] {
		if (this.#options.tokenizer() !== this.#tokenizer) this.#tokenize();
		return this.#tokens;
	}

	#set(all: readonly Reference[]): void {
		this.#all = all;
		this.#tokens = all.filter(({ tokens }) => tokens.length > 0);
	}

	/** Restarts the work on everything that is not tokenized. */
	#tokenize(): void {
		const tokenizer = this.#options.tokenizer();
		// Another model has another vocabulary.
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
				// Do not log the error: its message may contain the text.
				this.#options.log.error("a reference could not be tokenized");
			}
			const done = { ...reference, tokens, isTokenized: true };
			this.#set(this.#all.map((it) => (it === reference ? done : it)));
		}
	}
}

/** Splits at line ends if lines are not too long: most vocabularies have no tokens that span them. */
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
