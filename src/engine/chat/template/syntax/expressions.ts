/** Parses expressions, with the precedence of Jinja's operators: it differs from Python's for `~`, `**` and tests. */

import { Float } from "../values/value.ts";
import { noArguments, parseArguments } from "./arguments.ts";
import type { Expression, FilterCall } from "./ast.ts";
import type { TokenReader } from "./token.ts";

const constants: ReadonlyMap<string, boolean | null> = new Map([
	["true", true],
	["True", true],
	["false", false],
	["False", false],
	["none", null],
	["None", null],
]);

const comparisons = ["==", "!=", "<", "<=", ">", ">="];

export class ExpressionParser {
	readonly reader: TokenReader;

	constructor(reader: TokenReader) {
		this.reader = reader;
	}

	/** An expression with conditions, such as `a if b else c`. */
	readonly expression = (): Expression => {
		let then = this.condition();
		while (this.reader.skip("name", "if")) {
			const test = this.condition();
			const otherwise = this.reader.skip("name", "else")
				? this.expression()
				: undefined;
			then = { kind: "condition", test, then, otherwise };
		}
		return then;
	};

	/** Without `if`, which follows the list of a loop. */
	readonly condition = (): Expression => {
		let left = this.#and();
		while (this.reader.skip("name", "or"))
			left = { kind: "or", left, right: this.#and() };
		return left;
	};

	/** One expression, or several with commas between them as a tuple. */
	sequence(
		parse: () => Expression = this.expression,
		...ends: readonly string[]
	): Expression {
		const first = parse();
		if (!this.reader.isAtOperator(",")) return first;
		const items = [first];
		while (this.reader.skipOperator(",")) {
			if (this.#isAtEnd(ends)) break;
			items.push(parse());
		}
		return { kind: "tuple", items };
	}

	/** The filters behind a value that is not written here, with or without a bar before the first. */
	filters(needsBar: boolean): readonly FilterCall[] {
		const filters: FilterCall[] = [];
		while (this.reader.skipOperator("|") || (filters.length === 0 && !needsBar))
			filters.push(this.#filterCall());
		return filters;
	}

	#isAtEnd(ends: readonly string[]): boolean {
		return (
			this.reader.isAt("blockEnd") ||
			this.reader.isAt("outputEnd") ||
			this.reader.isAtOperator(")", "]", "=") ||
			(ends.length > 0 && this.reader.isAt("name", ...ends))
		);
	}

	#and(): Expression {
		let left = this.#not();
		while (this.reader.skip("name", "and"))
			left = { kind: "and", left, right: this.#not() };
		return left;
	}

	#not(): Expression {
		return this.reader.skip("name", "not")
			? { kind: "not", operand: this.#not() }
			: this.#comparison();
	}

	#comparison(): Expression {
		const first = this.#sum();
		const rest: { operator: string; operand: Expression }[] = [];
		for (;;) {
			const operator = this.#comparisonOperator();
			if (operator === undefined) break;
			rest.push({ operator, operand: this.#sum() });
		}
		return rest.length === 0 ? first : { kind: "comparison", first, rest };
	}

	#comparisonOperator(): string | undefined {
		if (this.reader.isAtOperator(...comparisons))
			return this.reader.next().text;
		if (this.reader.skip("name", "in")) return "in";
		const { kind, text } = this.reader.peek(1);
		if (!this.reader.isAt("name", "not") || kind !== "name" || text !== "in")
			return undefined;
		this.reader.next();
		this.reader.next();
		return "not in";
	}

	#sum(): Expression {
		return this.#arithmetic(["+", "-"], () => this.#concatenation());
	}

	#concatenation(): Expression {
		const first = this.#product();
		const parts = [first];
		while (this.reader.skipOperator("~")) parts.push(this.#product());
		return parts.length === 1 ? first : { kind: "concatenation", parts };
	}

	#product(): Expression {
		return this.#arithmetic(["*", "/", "//", "%"], () =>
			this.#arithmetic(["**"], () => this.#unary()),
		);
	}

	#arithmetic(
		operators: readonly string[],
		operand: () => Expression,
	): Expression {
		let left = operand();
		while (this.reader.isAtOperator(...operators)) {
			const operator = this.reader.next().text;
			left = { kind: "arithmetic", operator, left, right: operand() };
		}
		return left;
	}

	#unary(): Expression {
		return this.#filtered(this.#signed());
	}

	#signed(): Expression {
		if (!this.reader.isAtOperator("-", "+"))
			return this.#postfixed(this.#primary());
		const isNegative = this.reader.next().text === "-";
		return this.#postfixed({
			kind: "sign",
			isNegative,
			operand: this.#signed(),
		});
	}

	#filtered(value: Expression): Expression {
		let input = value;
		for (;;) {
			if (this.reader.skipOperator("|"))
				input = { kind: "filter", input, ...this.#filterCall() };
			else if (this.reader.skip("name", "is")) input = this.#test(input);
			else if (this.reader.isAtOperator("(")) input = this.#call(input);
			else return input;
		}
	}

	#filterCall(): FilterCall {
		const name = this.#dottedName();
		const args = this.reader.isAtOperator("(")
			? parseArguments(this.reader, this.expression)
			: noArguments;
		return { name, args };
	}

	#dottedName(): string {
		let name = this.reader.expect("name").text;
		while (this.reader.skipOperator("."))
			name += `.${this.reader.expect("name").text}`;
		return name;
	}

	/** A test may have one argument without parentheses: `x is divisibleby 3`. */
	#test(input: Expression): Expression {
		const isNegated = this.reader.skip("name", "not");
		const name = this.#dottedName();
		const test: Expression = {
			kind: "test",
			input,
			name,
			args: this.#testArguments(),
		};
		return isNegated ? { kind: "not", operand: test } : test;
	}

	#testArguments(): FilterCall["args"] {
		const { reader } = this;
		if (reader.isAtOperator("("))
			return parseArguments(reader, this.expression);
		const { kind } = reader.current;
		const isArgument =
			kind === "string" ||
			kind === "integer" ||
			kind === "float" ||
			reader.isAtOperator("[", "{") ||
			(kind === "name" &&
				!reader.isAt("name", "else", "or", "and", "if", "is", "in", "not"));
		return isArgument
			? { ...noArguments, positional: [this.#postfixed(this.#primary())] }
			: noArguments;
	}

	#call(callee: Expression): Expression {
		const args = parseArguments(this.reader, this.expression);
		return { kind: "call", callee, args };
	}

	#postfixed(value: Expression): Expression {
		let object = value;
		for (;;) {
			if (this.reader.isAtOperator("(")) object = this.#call(object);
			else if (this.reader.skipOperator(".")) object = this.#member(object);
			else if (this.reader.skipOperator("[")) object = this.#item(object);
			else return object;
		}
	}

	#member(object: Expression): Expression {
		if (!this.reader.isAt("integer")) {
			const name = this.reader.expect("name").text;
			return { kind: "attribute", object, name };
		}
		const value = integerOf(this.reader.next().text);
		return { kind: "item", object, key: { kind: "constant", value } };
	}

	#item(object: Expression): Expression {
		const { reader } = this;
		const part = () =>
			reader.isAtOperator(":", "]") ? undefined : this.expression();
		const start = part();
		if (reader.skipOperator(":")) {
			const stop = part();
			const step = reader.skipOperator(":") ? part() : undefined;
			reader.expect("operator", "]");
			return { kind: "slice", object, start, stop, step };
		}
		if (!start) return reader.refuse();
		const items = [start];
		while (reader.skipOperator(",")) items.push(this.expression());
		reader.expect("operator", "]");
		const key: Expression =
			items.length === 1 ? start : { kind: "tuple", items };
		return { kind: "item", object, key };
	}

	#primary(): Expression {
		const { reader } = this;
		const token = reader.next();
		switch (token.kind) {
			case "name": {
				const value = constants.get(token.text);
				return value === undefined
					? { kind: "name", name: token.text }
					: { kind: "constant", value };
			}
			case "string": {
				let value = token.text;
				while (reader.isAt("string")) value += reader.next().text;
				return { kind: "constant", value };
			}
			case "integer":
				return { kind: "constant", value: integerOf(token.text) };
			case "float": {
				const value = new Float(Number(token.text.replaceAll("_", "")));
				return { kind: "constant", value };
			}
			default:
				if (token.text === "(") return this.#parenthesized();
				if (token.text === "[") return { kind: "list", items: this.#list() };
				if (token.text === "{") return this.#dict();
				return reader.fail(`unexpected ${token.text || "end of the tag"}`);
		}
	}

	#parenthesized(): Expression {
		if (this.reader.skipOperator(")")) return { kind: "tuple", items: [] };
		const value = this.sequence();
		this.reader.expect("operator", ")");
		return value;
	}

	#list(): readonly Expression[] {
		const items: Expression[] = [];
		while (!this.reader.skipOperator("]")) {
			if (items.length > 0) this.reader.expect("operator", ",");
			if (this.reader.skipOperator("]")) break;
			items.push(this.expression());
		}
		return items;
	}

	#dict(): Expression {
		const entries: (readonly [Expression, Expression])[] = [];
		while (!this.reader.skipOperator("}")) {
			if (entries.length > 0) this.reader.expect("operator", ",");
			if (this.reader.skipOperator("}")) break;
			const key = this.expression();
			this.reader.expect("operator", ":");
			entries.push([key, this.expression()]);
		}
		return { kind: "dict", entries };
	}
}

function integerOf(text: string): number {
	return Number(text.replaceAll("_", "").toLowerCase());
}
