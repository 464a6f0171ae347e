/** The methods of Python's values that templates call. Those that change a value are missing, as in Jinja's sandbox. */

import { isEqual, isList } from "../values/measure.ts";
import {
	type Arguments,
	Callable,
	Dict,
	TemplateError,
	Tuple,
	type Value,
} from "../values/value.ts";
import { stringMethods } from "./stringMethods.ts";

type Method<T> = (object: T, args: Arguments) => Value;

const dictMethods: Readonly<Record<string, Method<Dict>>> = {
	get: (dict, args) => {
		const [key = null, otherwise = null] = args.take("get()", [
			"key",
			"default",
		]);
		const value = dict.get(key);
		return value === undefined ? otherwise : value;
	},
	items: (dict) => dict.entries().map((entry) => new Tuple(entry)),
	keys: (dict) => dict.keys(),
	values: (dict) => dict.entries().map(([, value]) => value),
	copy: (dict) => new Dict(dict.entries()),
};

const listMethods: Readonly<Record<string, Method<readonly Value[]>>> = {
	count: (list, args) => {
		const [wanted = null] = args.take("count()", ["value"]);
		return list.filter((it) => isEqual(it, wanted)).length;
	},
	index: (list, args) => {
		const [wanted = null] = args.take("index()", ["value"]);
		const at = list.findIndex((it) => isEqual(it, wanted));
		if (at < 0) throw new TemplateError("a list does not have the item");
		return at;
	},
	copy: (list) => [...list],
};

/** Undefined if there is none of this name. */
export function methodOf(object: Value, name: string): Callable | undefined {
	if (typeof object === "string") return bound(stringMethods, name, object);
	if (object instanceof Dict) return bound(dictMethods, name, object);
	if (isList(object)) return bound(listMethods, name, object);
	return object instanceof Tuple
		? bound(listMethods, name, object.items)
		: undefined;
}

function bound<T>(
	methods: Readonly<Record<string, Method<T>>>,
	name: string,
	object: T,
): Callable | undefined {
	const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
	return method && new Callable((args) => method(object, args));
}
