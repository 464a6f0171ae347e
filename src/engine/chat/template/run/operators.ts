/** Arithmetic and comparison of values, as in Python. */

import { percentFormat } from "../library/formats/percentFormat.ts";
import { allowedChars, allowedItems, repeated } from "../values/limits.ts";
import {
	compare,
	contains,
	isEqual,
	isList,
	numberOf,
	typeName,
} from "../values/measure.ts";
import {
	Float,
	TemplateError,
	Tuple,
	Undefined,
	type Value,
} from "../values/value.ts";

/** An undefined value adds nothing to a text: templates rely on it in renderers that are less strict than Jinja. */
export function calculate(operator: string, left: Value, right: Value): Value {
	if (operator === "+") {
		if (left instanceof Undefined && !isNumber(right)) return added("", right);
		if (right instanceof Undefined && !isNumber(left)) return added(left, "");
	}
	for (const it of [left, right])
		if (it instanceof Undefined) throw new TemplateError(it.why);
	const [one, other] = [numberOf(left), numberOf(right)];
	if (one !== undefined && other !== undefined) {
		const isFloat = left instanceof Float || right instanceof Float;
		return numeric(operator, one, other, isFloat);
	}
	if (operator === "+") return added(left, right);
	if (operator === "%" && typeof left === "string")
		return percentFormat(left, right);
	if (operator === "*") {
		if (other !== undefined) return multiplied(left, other);
		if (one !== undefined) return multiplied(right, one);
	}
	return mismatch(operator, left, right);
}

function isNumber(value: Value): boolean {
	return numberOf(value) !== undefined;
}

function added(left: Value, right: Value): Value {
	if (typeof left === "string" && typeof right === "string") {
		allowedChars(left.length + right.length);
		return left + right;
	}
	if (left === "" && !isNumber(right)) return right;
	if (right === "" && !isNumber(left)) return left;
	if (isList(left) && isList(right)) {
		allowedItems(left.length + right.length);
		return [...left, ...right];
	}
	if (left instanceof Tuple && right instanceof Tuple)
		return new Tuple([...left.items, ...right.items]);
	return mismatch("+", left, right);
}

function multiplied(value: Value, times: number): Value {
	if (typeof value === "string") return repeated(value, times);
	if (isList(value)) {
		const count = allowedItems(value.length * Math.max(0, times));
		return Array.from(
			{ length: count },
			(_, at) => value[at % value.length] as Value,
		);
	}
	return mismatch("*", value, times);
}

function numeric(
	operator: string,
	left: number,
	right: number,
	isFloat: boolean,
): Value {
	const result = (value: number) => (isFloat ? new Float(value) : value);
	if (right === 0 && ["/", "//", "%"].includes(operator))
		throw new TemplateError("it divides by zero");
	switch (operator) {
		case "+":
			return result(left + right);
		case "-":
			return result(left - right);
		case "*":
			return result(left * right);
		case "/":
			return new Float(left / right);
		case "//":
			return result(Math.floor(left / right));
		case "%":
			return result(left - right * Math.floor(left / right));
		default: {
			const power = left ** right;
			return isFloat || right < 0 ? new Float(power) : power;
		}
	}
}

export function compares(operator: string, left: Value, right: Value): boolean {
	switch (operator) {
		case "==":
			return isEqual(left, right);
		case "!=":
			return !isEqual(left, right);
		case "in":
			return contains(right, left);
		case "not in":
			return !contains(right, left);
		case "<":
			return compare(left, right) < 0;
		case "<=":
			return compare(left, right) <= 0;
		case ">":
			return compare(left, right) > 0;
		default:
			return compare(left, right) >= 0;
	}
}

function mismatch(operator: string, left: Value, right: Value): never {
	throw new TemplateError(
		`${operator} is not possible between ${typeName(left)} and ${typeName(right)}`,
	);
}
