/** The tests that stand behind `is`. */

import {
	compare,
	contains,
	isEqual,
	isList,
	numberOf,
	triedItemsOf,
	typeName,
} from "../values/measure.ts";
import { show } from "../values/show.ts";
import {
	type Arguments,
	Callable,
	Dict,
	Float,
	TemplateError,
	Thing,
	Tuple,
	Undefined,
	type Value,
} from "../values/value.ts";

type Test = (value: Value, args: Arguments) => boolean;

/** A test with one argument. */
function against(holds: (value: Value, other: Value) => boolean): Test {
	return (value, args) => {
		const [other = null] = args.take("a test", ["other"]);
		return holds(value, other);
	};
}

function remainder(value: Value, divisor: Value): number {
	const [number, by] = [numberOf(value), numberOf(divisor)];
	if (number === undefined || !by)
		throw new TemplateError(`a ${typeName(value)} cannot be divided`);
	return number % by;
}

const equal = against(isEqual);
const unequal = against((value, other) => !isEqual(value, other));
const less = against((value, other) => compare(value, other) < 0);
const notMore = against((value, other) => compare(value, other) <= 0);
const more = against((value, other) => compare(value, other) > 0);
const notLess = against((value, other) => compare(value, other) >= 0);

const tests: ReadonlyMap<string, Test> = new Map<string, Test>([
	["defined", (value) => !(value instanceof Undefined)],
	["undefined", (value) => value instanceof Undefined],
	["none", (value) => value === null],
	["boolean", (value) => typeof value === "boolean"],
	["true", (value) => value === true],
	["false", (value) => value === false],
	["integer", (value) => typeof value === "number"],
	["float", (value) => value instanceof Float],
	["number", (value) => numberOf(value) !== undefined],
	["string", (value) => typeof value === "string"],
	["mapping", (value) => value instanceof Dict],
	[
		"sequence",
		(value) =>
			typeof value === "string" ||
			isList(value) ||
			value instanceof Tuple ||
			value instanceof Dict ||
			value instanceof Undefined,
	],
	["iterable", (value) => isIterable(value)],
	[
		"callable",
		(value) =>
			value instanceof Callable ||
			(value instanceof Thing && value.call !== undefined),
	],
	["odd", (value) => remainder(value, 2) !== 0],
	["even", (value) => remainder(value, 2) === 0],
	["divisibleby", against((value, by) => remainder(value, by) === 0)],
	["lower", (value) => isCased(show(value), (it) => it.toLowerCase())],
	["upper", (value) => isCased(show(value), (it) => it.toUpperCase())],
	["sameas", against(isSame)],
	["escaped", () => false],
	["in", against((value, container) => contains(container, value))],
	["filter", () => true],
	["test", (value) => tests.has(show(value))],
	["==", equal],
	["eq", equal],
	["equalto", equal],
	["!=", unequal],
	["ne", unequal],
	["<", less],
	["lt", less],
	["lessthan", less],
	["<=", notMore],
	["le", notMore],
	[">", more],
	["gt", more],
	["greaterthan", more],
	[">=", notLess],
	["ge", notLess],
]);

export function findTest(name: string): Test {
	const test = tests.get(name);
	if (!test) throw new TemplateError(`no test named '${name}'`);
	return test;
}

function isIterable(value: Value): boolean {
	return (
		typeof value === "string" ||
		(!isGenerator(value) && triedItemsOf(value) !== undefined) ||
		isGenerator(value)
	);
}

function isGenerator(value: Value): boolean {
	return typeName(value) === "generator";
}

function isCased(text: string, change: (text: string) => string): boolean {
	return text === change(text) && text.toLowerCase() !== text.toUpperCase();
}

function isSame(value: Value, other: Value): boolean {
	return typeName(value) === typeName(other) &&
		(value === other || typeof value !== "object" || value instanceof Undefined)
		? isEqual(value, other)
		: false;
}
