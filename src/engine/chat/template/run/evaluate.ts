/** Computes the value of an expression. */

import { findFilter } from "../library/filters/filters.ts";
import { findTest } from "../library/tests.ts";
import type { CallArguments, Expression } from "../syntax/ast.ts";
import { allowedChars } from "../values/limits.ts";
import { isTrue, itemsOf, numberOf, typeName } from "../values/measure.ts";
import { show } from "../values/show.ts";
import {
	Arguments,
	Callable,
	Dict,
	Float,
	TemplateError,
	Thing,
	Tuple,
	Undefined,
	type Value,
} from "../values/value.ts";
import { attributeOf, itemOf, sliceOf } from "./attributes.ts";
import { calculate, compares } from "./operators.ts";
import type { Scope } from "./scope.ts";

export function evaluate(expression: Expression, scope: Scope): Value {
	switch (expression.kind) {
		case "constant":
			return expression.value;
		case "name":
			return scope.get(expression.name);
		case "list":
			return expression.items.map((it) => evaluate(it, scope));
		case "tuple":
			return new Tuple(expression.items.map((it) => evaluate(it, scope)));
		case "dict":
			return new Dict(
				expression.entries.map(([key, it]) => [
					evaluate(key, scope),
					evaluate(it, scope),
				]),
			);
		case "attribute":
			return attributeOf(evaluate(expression.object, scope), expression.name);
		case "item":
			return itemOf(
				evaluate(expression.object, scope),
				evaluate(expression.key, scope),
			);
		case "slice": {
			const { object, start, stop, step } = expression;
			const bound = (it: Expression | undefined) =>
				it ? evaluate(it, scope) : null;
			return sliceOf(
				evaluate(object, scope),
				bound(start),
				bound(stop),
				bound(step),
			);
		}
		case "call":
			return call(
				evaluate(expression.callee, scope),
				evaluateArguments(expression.args, scope),
			);
		case "filter": {
			const { name, input, args } = expression;
			return applyFilter(name, evaluate(input, scope), args, scope);
		}
		case "test": {
			const test = findTest(expression.name);
			const input = evaluate(expression.input, scope);
			return test(input, evaluateArguments(expression.args, scope));
		}
		case "condition": {
			const { test, then, otherwise } = expression;
			if (isTrue(evaluate(test, scope))) return evaluate(then, scope);
			return otherwise
				? evaluate(otherwise, scope)
				: new Undefined("a condition without else is undefined");
		}
		case "and": {
			const left = evaluate(expression.left, scope);
			return isTrue(left) ? evaluate(expression.right, scope) : left;
		}
		case "or": {
			const left = evaluate(expression.left, scope);
			return isTrue(left) ? left : evaluate(expression.right, scope);
		}
		case "not":
			return !isTrue(evaluate(expression.operand, scope));
		case "sign":
			return signed(expression.isNegative, evaluate(expression.operand, scope));
		case "arithmetic": {
			const { operator, left, right } = expression;
			return calculate(operator, evaluate(left, scope), evaluate(right, scope));
		}
		case "concatenation": {
			const parts = expression.parts.map((it) => show(evaluate(it, scope)));
			allowedChars(parts.reduce((sum, it) => sum + it.length, 0));
			return parts.join("");
		}
		case "comparison": {
			let left = evaluate(expression.first, scope);
			for (const { operator, operand } of expression.rest) {
				const right = evaluate(operand, scope);
				if (!compares(operator, left, right)) return false;
				left = right;
			}
			return true;
		}
	}
}

export function applyFilter(
	name: string,
	input: Value,
	args: CallArguments,
	scope: Scope,
): Value {
	return findFilter(name)(input, evaluateArguments(args, scope));
}

export function call(callee: Value, args: Arguments): Value {
	if (callee instanceof Callable) return callee.call(args);
	if (callee instanceof Thing && callee.call) return callee.call(args);
	throw new TemplateError(
		callee instanceof Undefined
			? callee.why
			: `a value of type ${typeName(callee)} cannot be called`,
	);
}

export function evaluateArguments(
	{ positional, named, list, dict }: CallArguments,
	scope: Scope,
): Arguments {
	const values = positional.map((it) => evaluate(it, scope));
	if (list) values.push(...itemsOf(evaluate(list, scope)));
	const names = new Map(
		named.map(([name, it]) => [name, evaluate(it, scope)] as const),
	);
	const more = dict ? evaluate(dict, scope) : undefined;
	if (more instanceof Dict)
		for (const [key, it] of more.entries()) names.set(show(key), it);
	return new Arguments(values, names);
}

function signed(isNegative: boolean, value: Value): Value {
	const number = numberOf(value);
	if (number === undefined)
		throw new TemplateError(`a value of type ${typeName(value)} has no sign`);
	const result = isNegative ? -number : number;
	// There is no negative zero among integers.
	return value instanceof Float ? new Float(result) : result + 0;
}
