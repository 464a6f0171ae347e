/** Parses a template into statements. */

import { parseParameters } from "./arguments.ts";
import type { Body, Expression, Statement, Target } from "./ast.ts";
import { ExpressionParser } from "./expressions.ts";
import { TokenReader } from "./token.ts";
import { tokenize } from "./tokenize.ts";

export function parse(source: string): Body {
	const reader = new TokenReader(tokenize(source));
	const parser = new StatementParser(reader);
	const body = parser.body();
	if (!reader.isAt("end")) reader.refuse();
	return body;
}

class StatementParser {
	readonly #reader: TokenReader;
	readonly #expressions: ExpressionParser;

	constructor(reader: TokenReader) {
		this.#reader = reader;
		this.#expressions = new ExpressionParser(reader);
	}

	/** Up to a tag with one of these names, or to the end. */
	body(...ends: readonly string[]): Body {
		const reader = this.#reader;
		const statements: Statement[] = [];
		for (;;) {
			if (reader.isAt("text"))
				statements.push({ kind: "text", text: reader.next().text });
			else if (reader.isAt("output")) {
				reader.next();
				const value = this.#expressions.sequence();
				reader.expect("outputEnd");
				statements.push({ kind: "output", value });
			} else if (reader.isAt("block") && !ends.includes(reader.peek(1).text)) {
				reader.next();
				statements.push(this.#statement());
			} else return statements;
		}
	}

	#statement(): Statement {
		const reader = this.#reader;
		const { text: tag } = reader.expect("name");
		switch (tag) {
			case "if":
				return this.#if();
			case "for":
				return this.#for();
			case "set":
				return this.#set();
			case "macro":
				return this.#macro();
			case "call":
				return this.#call();
			case "with":
				return this.#with();
			case "filter": {
				const filters = this.#expressions.filters(false);
				return { kind: "filterBlock", filters, body: this.#block("endfilter") };
			}
			case "generation":
				return { kind: "scope", body: this.#block("endgeneration") };
			case "block":
				return this.#namedBlock();
			case "break":
			case "continue":
				reader.expect("blockEnd");
				return { kind: tag };
			default:
				return reader.fail(`unknown tag ${tag}`);
		}
	}

	/** From the end of the opening tag to that of the closing one. */
	#block(end: string): Body {
		this.#reader.expect("blockEnd");
		const body = this.body(end);
		this.#close(end);
		return body;
	}

	#close(end: string): void {
		this.#reader.expect("block");
		this.#reader.expect("name", end);
		this.#reader.expect("blockEnd");
	}

	#if(): Statement {
		const test = this.#expressions.sequence(this.#expressions.condition);
		this.#reader.expect("blockEnd");
		const body = this.body("elif", "else", "endif");
		this.#reader.expect("block");
		const { text: tag } = this.#reader.expect("name");
		if (tag === "elif")
			return { kind: "if", test, body, otherwise: [this.#if()] };
		if (tag === "else")
			return { kind: "if", test, body, otherwise: this.#block("endif") };
		this.#reader.expect("blockEnd");
		return { kind: "if", test, body, otherwise: [] };
	}

	#for(): Statement {
		const reader = this.#reader;
		const target = this.#target("in");
		reader.expect("name", "in");
		const iterable = this.#expressions.sequence(
			this.#expressions.condition,
			"recursive",
		);
		const test = reader.skip("name", "if")
			? this.#expressions.expression()
			: undefined;
		const isRecursive = reader.skip("name", "recursive");
		reader.expect("blockEnd");
		const body = this.body("else", "endfor");
		let otherwise: Body = [];
		if (reader.peek(1).text === "else") {
			reader.next();
			reader.next();
			otherwise = this.#block("endfor");
		} else this.#close("endfor");
		return {
			kind: "for",
			target,
			iterable,
			test,
			body,
			otherwise,
			isRecursive,
		};
	}

	#set(): Statement {
		const target = this.#target();
		if (this.#reader.skipOperator("=")) {
			const value = this.#expressions.sequence();
			this.#reader.expect("blockEnd");
			return { kind: "set", target, value };
		}
		const filters = this.#expressions.filters(true);
		return { kind: "setBlock", target, filters, body: this.#block("endset") };
	}

	#macro(): Statement {
		const name = this.#reader.expect("name").text;
		const parameters = parseParameters(
			this.#reader,
			this.#expressions.expression,
		);
		return { kind: "macro", name, parameters, body: this.#block("endmacro") };
	}

	#call(): Statement {
		const { expression } = this.#expressions;
		const parameters = this.#reader.isAtOperator("(")
			? parseParameters(this.#reader, expression)
			: [];
		const call = expression();
		if (call.kind !== "call") return this.#reader.fail("expected a call");
		return { kind: "call", parameters, call, body: this.#block("endcall") };
	}

	#with(): Statement {
		const names: (readonly [Target, Expression])[] = [];
		while (!this.#reader.isAt("blockEnd")) {
			if (names.length > 0) this.#reader.expect("operator", ",");
			const target = this.#oneTarget();
			this.#reader.expect("operator", "=");
			names.push([target, this.#expressions.expression()]);
		}
		return { kind: "with", names, body: this.#block("endwith") };
	}

	/** Nothing extends a chat template, so that a block stays as it is. */
	#namedBlock(): Statement {
		this.#reader.expect("name");
		this.#reader.expect("blockEnd");
		const body = this.body("endblock");
		this.#reader.expect("block");
		this.#reader.expect("name", "endblock");
		if (this.#reader.isAt("name")) this.#reader.next();
		this.#reader.expect("blockEnd");
		return { kind: "scope", body };
	}

	/** What a value is assigned to. */
	#target(...ends: readonly string[]): Target {
		const first = this.#oneTarget();
		if (!this.#reader.isAtOperator(",")) return first;
		const items = [first];
		while (this.#reader.skipOperator(",")) {
			if (
				this.#reader.isAtOperator("=", ")") ||
				this.#reader.isAt("name", ...ends, "in")
			)
				break;
			items.push(this.#oneTarget());
		}
		return { kind: "tuple", items };
	}

	#oneTarget(): Target {
		if (this.#reader.skipOperator("(")) {
			const target = this.#target();
			this.#reader.expect("operator", ")");
			return target;
		}
		const name = this.#reader.expect("name").text;
		return this.#reader.skipOperator(".")
			? {
					kind: "attribute",
					object: name,
					name: this.#reader.expect("name").text,
				}
			: { kind: "name", name };
	}
}
