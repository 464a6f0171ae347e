/** The `tojson` filter as transformers defines it: Python's `json.dumps`, without escapes for HTML. */

import { allowedChars, repeated } from "../../values/limits.ts";
import { isList, itemsOf, typeName } from "../../values/measure.ts";
import { show, showFloat } from "../../values/show.ts";
import {
	type Arguments,
	Dict,
	Float,
	TemplateError,
	Tuple,
	type Value,
} from "../../values/value.ts";
import { isGivenTrue } from "../given.ts";

interface JsonStyle {
	/** Null: all in one line. */
	readonly indent: string | null;
	readonly item: string;
	readonly key: string;
	readonly asciiOnly: boolean;
	readonly sortKeys: boolean;
}

export function toJson(value: Value, args: Arguments): string {
	const [asciiOnly, indent = null, separators = null, sortKeys] = args.take(
		"tojson",
		["ensure_ascii", "indent", "separators", "sort_keys"],
	);
	const [item, key] =
		separators === null
			? [indent === null ? ", " : ",", ": "]
			: itemsOf(separators);
	return written(
		value,
		{
			indent:
				indent === null
					? null
					: typeof indent === "string"
						? indent
						: repeated(" ", Number(show(indent))),
			item: show(item ?? ", "),
			key: show(key ?? ": "),
			asciiOnly: isGivenTrue(asciiOnly),
			sortKeys: isGivenTrue(sortKeys),
		},
		1,
	);
}

function written(value: Value, style: JsonStyle, depth: number): string {
	if (value === null || typeof value === "boolean") return String(value);
	if (typeof value === "number") return String(value);
	if (typeof value === "string") return writtenText(value, style);
	if (value instanceof Float)
		return showFloat(value.value)
			.replace("inf", "Infinity")
			.replace("nan", "NaN");
	const inner = (it: Value) => written(it, style, depth + 1);
	if (isList(value) || value instanceof Tuple)
		return enclosed("[", itemsOf(value).map(inner), "]", style, depth);
	if (!(value instanceof Dict))
		throw new TemplateError(`a value of type ${typeName(value)} is no JSON`);
	const entries = value
		.entries()
		.map(([key, it]) => [keyText(key), it] as const);
	if (style.sortKeys) entries.sort(([a], [b]) => (a < b ? -1 : 1));
	const texts = entries.map(
		([key, it]) => writtenText(key, style) + style.key + inner(it),
	);
	return enclosed("{", texts, "}", style, depth);
}

function keyText(key: Value): string {
	if (typeof key === "string") return key;
	return key === null || typeof key === "boolean" ? String(key) : show(key);
}

function enclosed(
	open: string,
	items: readonly string[],
	close: string,
	{ indent, item }: JsonStyle,
	depth: number,
): string {
	if (items.length === 0) return open + close;
	const line = (levels: number) =>
		indent === null ? "" : `\n${repeated(indent, levels)}`;
	const between = item + line(depth);
	allowedChars(items.reduce((sum, it) => sum + it.length + between.length, 0));
	return open + line(depth) + items.join(between) + line(depth - 1) + close;
}

function writtenText(text: string, { asciiOnly }: JsonStyle): string {
	const json = JSON.stringify(text);
	return asciiOnly
		? json.replace(
				/[\x7f-\uffff]/g,
				(it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`,
			)
		: json;
}
