/** The tokens of a template, with the line of each for messages. */

import { TemplateError } from "../values/value.ts";

export interface Token {
	readonly kind:
		| "text"
		/** `{%` and `%}` */
		| "block"
		| "blockEnd"
		/** `{{` and `}}` */
		| "output"
		| "outputEnd"
		| "name"
		| "string"
		| "integer"
		| "float"
		| "operator"
		| "end";
	readonly text: string;
	readonly line: number;
}

/** Reads tokens in their order. */
export class TokenReader {
	readonly #tokens: readonly Token[];
	#at = 0;

	/** @param tokens the last is the end. */
	constructor(tokens: readonly Token[]) {
		this.#tokens = tokens;
	}

	get current(): Token {
		return this.peek(0);
	}

	peek(count: number): Token {
		const at = Math.min(this.#at + count, this.#tokens.length - 1);
		return this.#tokens[at] as Token;
	}

	next(): Token {
		const token = this.current;
		this.#at++;
		return token;
	}

	isAt(kind: Token["kind"], ...texts: readonly string[]): boolean {
		const { current } = this;
		return (
			current.kind === kind &&
			(texts.length === 0 || texts.includes(current.text))
		);
	}

	isAtOperator(...texts: readonly string[]): boolean {
		return this.isAt("operator", ...texts);
	}

	/** @returns whether it was there. */
	skip(kind: Token["kind"], text: string): boolean {
		const isThere = this.isAt(kind, text);
		if (isThere) this.#at++;
		return isThere;
	}

	skipOperator(text: string): boolean {
		return this.skip("operator", text);
	}

	expect(kind: Token["kind"], text?: string): Token {
		if (!this.isAt(kind, ...(text === undefined ? [] : [text])))
			this.fail(`expected ${text ?? nameOf(kind)}, found ${this.#found()}`);
		return this.next();
	}

	fail(why: string): never {
		throw new TemplateError(`${why} (line ${this.current.line})`);
	}

	/** Fails because of the current token. */
	refuse(): never {
		this.fail(`unexpected ${this.#found()}`);
	}

	#found(): string {
		const { kind, text } = this.current;
		return text === "" ? nameOf(kind) : text.slice(0, 40);
	}
}

function nameOf(kind: Token["kind"]): string {
	return (
		{ blockEnd: "%}", outputEnd: "}}", end: "the end" }[kind as string] ??
		`a ${kind}`
	);
}
