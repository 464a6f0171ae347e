/** Python's `text % values`. */

import { isList, numberOf, typeName } from "../../values/measure.ts";
import { quoted, show } from "../../values/show.ts";
import { Dict, TemplateError, Tuple, type Value } from "../../values/value.ts";
import { notation, padded } from "./padded.ts";

const directive =
	/%(?:\((?<key>[^()]*)\))?(?<flags>[-+ 0#]*)(?<width>(?:[1-9]\d*)?)(?:\.(?<precision>\d+))?(?<type>[a-zA-Z%])/g;
const maxPrecision = 100;

export function percentFormat(format: string, values: Value): string {
	const items = values instanceof Tuple ? values.items : [values];
	let used = 0;
	const next = (key: string | undefined): Value => {
		const value =
			key !== undefined && values instanceof Dict
				? values.get(key)
				: items[used++];
		if (value === undefined)
			throw new TemplateError("not enough values for a format");
		return value;
	};
	const text = format.replace(directive, (...match) => {
		const groups = match.at(-1) as Record<string, string | undefined>;
		const { key, flags = "", width = "", precision, type = "" } = groups;
		if (type === "%") return "%";
		const isNumber = !["s", "r"].includes(type);
		const text = formatted(next(key), type, flags, precision);
		const fill = flags.includes("0") && isNumber ? "0" : " ";
		const align = flags.includes("-") ? "<" : fill === "0" ? "=" : ">";
		return padded(text, Number(width), align === "<" ? " " : fill, align);
	});
	const isMapping = values instanceof Dict || isList(values);
	if (used < items.length && !isMapping)
		throw new TemplateError("too many values for a format");
	return text;
}

function formatted(
	value: Value,
	type: string,
	flags: string,
	precision: string | undefined,
): string {
	const digits =
		precision === undefined
			? undefined
			: Math.min(maxPrecision, Number(precision));
	if (type === "s") return show(value).slice(0, digits);
	if (type === "r") return quoted(value);
	const number = numberOf(value);
	if (number === undefined)
		throw new TemplateError(`a ${typeName(value)} is no number for a format`);
	const text = notation(number, type, digits ?? 6);
	const sign = flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
	return number >= 0 ? sign + text : text;
}
