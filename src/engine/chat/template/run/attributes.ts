/** Reads attributes, items and slices of values. A name that Python would treat as private is undefined, as in Jinja's sandbox. */

import { methodOf } from "../library/methods.ts";
import { charactersOf, isList, numberOf, typeName } from "../values/measure.ts";
import { show } from "../values/show.ts";
import {
	Dict,
	TemplateError,
	Thing,
	Tuple,
	Undefined,
	type Value,
} from "../values/value.ts";

/** `object.name`: a method comes before a key of the same name. */
export function attributeOf(object: Value, name: string): Value {
	if (object instanceof Undefined) throw new TemplateError(object.why);
	const own = ownAttribute(object, name);
	if (own !== undefined) return own;
	const value = object instanceof Dict ? object.get(name) : undefined;
	return value === undefined ? missing(object, name) : value;
}

/** `object[key]`: a key comes before a method of the same name. */
export function itemOf(object: Value, key: Value): Value {
	if (object instanceof Undefined) throw new TemplateError(object.why);
	if (object instanceof Dict) {
		const value = isKey(key) ? object.get(key) : undefined;
		if (value !== undefined) return value;
	} else {
		const items = sequenceOf(object);
		const at = numberOf(key);
		const item = at === undefined ? undefined : items?.at(at);
		if (item !== undefined) return item;
	}
	const own = typeof key === "string" ? ownAttribute(object, key) : undefined;
	return own === undefined ? missing(object, show(key)) : own;
}

/** `object[start:stop:step]` */
export function sliceOf(
	object: Value,
	start: Value,
	stop: Value,
	step: Value,
): Value {
	if (object instanceof Undefined) throw new TemplateError(object.why);
	const items = sequenceOf(object);
	if (!items) return missing(object, "a slice");
	const sliced = slice(items, bound(start), bound(stop), bound(step) ?? 1);
	if (typeof object === "string") return sliced.join("");
	return object instanceof Tuple ? new Tuple(sliced) : sliced;
}

function slice(
	items: readonly Value[],
	start: number | undefined,
	stop: number | undefined,
	step: number,
): readonly Value[] {
	if (step === 0) throw new TemplateError("a slice has a step of zero");
	const { length } = items;
	const [lowest, highest] = step > 0 ? [0, length] : [-1, length - 1];
	const clamp = (at: number) =>
		Math.min(highest, Math.max(lowest, at < 0 ? at + length : at));
	const from =
		start === undefined ? (step > 0 ? lowest : highest) : clamp(start);
	const to = stop === undefined ? (step > 0 ? highest : lowest) : clamp(stop);
	const sliced: Value[] = [];
	for (let at = from; step > 0 ? at < to : at > to; at += step)
		sliced.push(items[at] as Value);
	return sliced;
}

function bound(value: Value): number | undefined {
	if (value === null) return undefined;
	const number = numberOf(value);
	if (number !== undefined && Number.isInteger(number)) return number;
	throw new TemplateError(`a slice has a bound of type ${typeName(value)}`);
}

function sequenceOf(value: Value): readonly Value[] | undefined {
	if (typeof value === "string") return charactersOf(value);
	if (isList(value)) return value;
	return value instanceof Tuple ? value.items : undefined;
}

function ownAttribute(object: Value, name: string): Value | undefined {
	if (name.startsWith("_")) return undefined;
	if (object instanceof Tuple && object.names.includes(name))
		return object.items[object.names.indexOf(name)];
	return object instanceof Thing
		? object.attribute(name)
		: methodOf(object, name);
}

function isKey(value: Value): boolean {
	return !isList(value) && !(value instanceof Dict);
}

function missing(object: Value, name: string): Undefined {
	const owner =
		object === null ? "None" : `a value of type ${typeName(object)}`;
	return new Undefined(`${owner} has no attribute '${name}'`);
}
