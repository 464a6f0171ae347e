/** What `attribute="a.b.0"` of a filter stands for. */

import { charactersOf, isList, numberOf } from "../../values/measure.ts";
import { show } from "../../values/show.ts";
import {
	Dict,
	Thing,
	Tuple,
	Undefined,
	type Value,
} from "../../values/value.ts";
import { methodOf } from "../methods.ts";

/** Reads the attribute of an item; the item itself if there is no path. */
export function attributeReader(path: Value): (item: Value) => Value {
	if (path === null) return (item) => item;
	const parts =
		typeof path === "string"
			? path.split(".").map((it) => (/^\d+$/.test(it) ? Number(it) : it))
			: [numberOf(path) ?? show(path)];
	return (item) => parts.reduce<Value>(read, item);
}

function read(item: Value, part: number | string): Value {
	const value =
		typeof part === "number"
			? listOf(item)?.at(part)
			: item instanceof Dict
				? item.get(part)
				: item instanceof Thing
					? item.attribute(part)
					: undefined;
	if (value !== undefined) return value;
	return methodOf(item, String(part)) ?? new Undefined(`there is no '${part}'`);
}

function listOf(value: Value): readonly Value[] | undefined {
	if (typeof value === "string") return charactersOf(value);
	if (isList(value)) return value;
	return value instanceof Tuple ? value.items : undefined;
}
