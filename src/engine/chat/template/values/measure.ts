/** What Python says of a value: whether it is true, equal to another, longer, or before it. */

import {
	Callable,
	Dict,
	Float,
	Generator,
	keyOf,
	TemplateError,
	Thing,
	Tuple,
	Undefined,
	type Value,
} from "./value.ts";

export function isList(value: Value): value is readonly Value[] {
	return Array.isArray(value);
}

export function isTrue(value: Value): boolean {
	if (value === null || value instanceof Undefined) return false;
	if (typeof value === "boolean") return value;
	if (typeof value === "number") return value !== 0;
	if (value instanceof Float) return value.value !== 0;
	return lengthOf(value) !== 0;
}

/** Undefined if it has none. */
export function lengthOf(value: Value): number | undefined {
	if (typeof value === "string")
		return hasSurrogates(value) ? [...value].length : value.length;
	if (isList(value)) return value.length;
	if (value instanceof Tuple) return value.items.length;
	if (value instanceof Dict) return value.size;
	return value instanceof Undefined ? 0 : undefined;
}

function hasSurrogates(text: string): boolean {
	return /[\ud800-\udfff]/.test(text);
}

/** The characters of a text, as Python counts them. */
export function charactersOf(text: string): readonly string[] {
	return hasSurrogates(text) ? [...text] : text.split("");
}

/** The items that a loop over the value sees. */
export function itemsOf(value: Value): readonly Value[] {
	const items = triedItemsOf(value);
	if (items) return items;
	throw new TemplateError(`a value of type ${typeName(value)} has no items`);
}

export function triedItemsOf(value: Value): readonly Value[] | undefined {
	if (isList(value)) return value;
	if (value instanceof Tuple) return value.items;
	if (value instanceof Dict) return value.keys();
	if (value instanceof Generator) return value.take();
	if (typeof value === "string") return charactersOf(value);
	return value instanceof Undefined ? [] : undefined;
}

/** Undefined if it is no number; `true` is 1. */
export function numberOf(value: Value): number | undefined {
	if (typeof value === "number") return value;
	if (typeof value === "boolean") return Number(value);
	return value instanceof Float ? value.value : undefined;
}

export function typeName(value: Value): string {
	if (value === null) return "NoneType";
	if (typeof value === "string") return "str";
	if (typeof value === "boolean") return "bool";
	if (typeof value === "number") return "int";
	if (isList(value)) return "list";
	if (value instanceof Float) return "float";
	if (value instanceof Tuple) return "tuple";
	if (value instanceof Dict) return "dict";
	if (value instanceof Generator) return "generator";
	if (value instanceof Callable) return "function";
	return value instanceof Thing ? "namespace" : "Undefined";
}

export function isEqual(left: Value, right: Value): boolean {
	const [one, other] = [numberOf(left), numberOf(right)];
	if (one !== undefined || other !== undefined) return one === other;
	if (left instanceof Undefined) return right instanceof Undefined;
	if (isList(left)) return isList(right) && areEqual(left, right);
	if (left instanceof Tuple)
		return right instanceof Tuple && areEqual(left.items, right.items);
	if (left instanceof Dict)
		return (
			right instanceof Dict &&
			left.size === right.size &&
			left.entries().every(([key, value]) => {
				const there = right.get(key);
				return there !== undefined && isEqual(value, there);
			})
		);
	return left === right;
}

function areEqual(left: readonly Value[], right: readonly Value[]): boolean {
	return (
		left.length === right.length &&
		left.every((it, at) => isEqual(it, right[at] as Value))
	);
}

/** Negative if the first is smaller. Fails for values that have no order. */
export function compare(left: Value, right: Value): number {
	const [one, other] = [numberOf(left), numberOf(right)];
	if (one !== undefined && other !== undefined) return one - other;
	if (typeof left === "string" && typeof right === "string")
		return left < right ? -1 : Number(left > right);
	const lists = [left, right].map((it) =>
		it instanceof Tuple ? it.items : isList(it) ? it : undefined,
	);
	const [items, others] = lists;
	if (items && others) {
		for (const [at, item] of items.entries()) {
			const against = others[at];
			if (against === undefined) break;
			if (!isEqual(item, against)) return compare(item, against);
		}
		return items.length - others.length;
	}
	throw new TemplateError(
		`${typeName(left)} and ${typeName(right)} have no order`,
	);
}

/** Python's `in`. */
export function contains(container: Value, item: Value): boolean {
	if (typeof container === "string") {
		if (item instanceof Undefined) return true;
		if (typeof item === "string") return container.includes(item);
		throw new TemplateError(
			`a text does not contain a value of type ${typeName(item)}`,
		);
	}
	if (container instanceof Dict) return container.has(item);
	return itemsOf(container).some((it) => isEqual(it, item));
}

/** Without the later ones of equal values. */
export function distinct(
	items: readonly Value[],
	wordingOf: (item: Value) => Value,
): readonly Value[] {
	const seen = new Set<string>();
	return items.filter((item) => {
		const key = keyOf(wordingOf(item));
		return !seen.has(key) && seen.add(key);
	});
}
