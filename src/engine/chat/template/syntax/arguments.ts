/** Parses what stands in the parentheses of calls and of macros. */

import type { CallArguments, Expression, Parameter } from "./ast.ts";
import type { TokenReader } from "./token.ts";

type ParseExpression = () => Expression;

export const noArguments: CallArguments = {
	positional: [],
	named: [],
	list: undefined,
	dict: undefined,
};

/** From the opening parenthesis to the closing one. */
export function parseArguments(
	reader: TokenReader,
	parseExpression: ParseExpression,
): CallArguments {
	reader.expect("operator", "(");
	const positional: Expression[] = [];
	const named: (readonly [string, Expression])[] = [];
	let list: Expression | undefined;
	let dict: Expression | undefined;
	while (!reader.skipOperator(")")) {
		if (positional.length + named.length > 0 || list || dict) {
			reader.expect("operator", ",");
			if (reader.skipOperator(")")) break;
		}
		if (!list && reader.skipOperator("*")) list = parseExpression();
		else if (!dict && reader.skipOperator("**")) dict = parseExpression();
		else if (reader.isAt("name") && isOperator(reader, 1, "=")) {
			const { text } = reader.next();
			reader.next();
			named.push([text, parseExpression()]);
		} else if (named.length > 0 || list || dict) reader.refuse();
		else positional.push(parseExpression());
	}
	return { positional, named, list, dict };
}

/** The parameters of a macro, from the opening parenthesis to the closing one. */
export function parseParameters(
	reader: TokenReader,
	parseExpression: ParseExpression,
): readonly Parameter[] {
	reader.expect("operator", "(");
	const parameters: Parameter[] = [];
	while (!reader.skipOperator(")")) {
		if (parameters.length > 0) {
			reader.expect("operator", ",");
			if (reader.skipOperator(")")) break;
		}
		const name = reader.expect("name").text;
		const otherwise = reader.skipOperator("=") ? parseExpression() : undefined;
		parameters.push({ name, otherwise });
	}
	return parameters;
}

function isOperator(reader: TokenReader, at: number, text: string): boolean {
	const token = reader.peek(at);
	return token.kind === "operator" && token.text === text;
}
