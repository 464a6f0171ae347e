/** Python's `text.format(...)`. */

import { numberOf } from "../../values/measure.ts";
import { quoted, show, showFloat } from "../../values/show.ts";
import {
	type Arguments,
	Dict,
	Float,
	TemplateError,
	type Value,
} from "../../values/value.ts";
import { type Alignment, notation, padded } from "./padded.ts";

const field = /\{\{|\}\}|\{([^{}!:]*)(?:!([rsa]))?(?::([^{}]*))?\}|[{}]/g;
const spec =
	/^(?:(?<fill>.)(?=[<>^=]))?(?<align>[<>^=])?(?<sign>[-+ ])?#?(?<zero>0)?(?<width>\d*)(?<comma>[,_])?(?:\.(?<precision>\d+))?(?<type>[a-zA-Z%])?$/su;
const maxPrecision = 100;

export function braceFormat(format: string, args: Arguments): string {
	let used = 0;
	return format.replace(
		field,
		(whole, name: string | undefined, conversion, format: string = "") => {
			if (whole === "{{") return "{";
			if (whole === "}}") return "}";
			if (name === undefined)
				throw new TemplateError("a format has a single brace");
			const value = fieldValue(name === "" ? String(used++) : name, args);
			return conversion === "r"
				? formatted(quoted(value), format)
				: formatted(conversion === undefined ? value : show(value), format);
		},
	);
}

function fieldValue(name: string, { positional, named }: Arguments): Value {
	const [first = "", ...rest] = name.split(/[.[\]]+/).filter((it) => it !== "");
	let value: Value | undefined = /^\d+$/.test(first)
		? positional[Number(first)]
		: named.get(first);
	for (const key of rest)
		value = value instanceof Dict ? value.get(key) : undefined;
	if (value === undefined)
		throw new TemplateError(`a format has no value for ${name}`);
	return value;
}

function formatted(value: Value, format: string): string {
	if (format === "") return show(value);
	const groups = spec.exec(format)?.groups;
	if (!groups) throw new TemplateError(`unknown format ${format}`);
	const {
		fill,
		align,
		sign = "-",
		zero,
		width,
		comma,
		precision,
		type,
	} = groups;
	const number = typeof value === "string" ? undefined : numberOf(value);
	const digits =
		precision === undefined
			? undefined
			: Math.min(maxPrecision, Number(precision));
	const text =
		number === undefined
			? show(value).slice(0, digits)
			: signed(
					grouped(numberText(number, value, type, digits), comma),
					number >= 0 ? sign : "-",
				);
	return padded(
		text,
		Number(width),
		fill ?? (zero ? "0" : " "),
		(align ?? (zero ? "=" : number === undefined ? "<" : ">")) as Alignment,
	);
}

function numberText(
	number: number,
	value: Value,
	type: string | undefined,
	digits: number | undefined,
): string {
	if (type !== undefined) return notation(number, type, digits ?? 6);
	if (digits !== undefined) return notation(number, "g", digits);
	return value instanceof Float ? showFloat(number) : String(number);
}

function signed(text: string, sign: string): string {
	return text.startsWith("-") || sign === "-" ? text : sign + text;
}

function grouped(text: string, comma: string | undefined): string {
	return comma === undefined
		? text
		: text.replace(/\d+/, (digits) => inThousands(digits).join(comma));
}

function inThousands(digits: string): string[] {
	const groups: string[] = [];
	for (let end = digits.length; end > 0; end -= 3)
		groups.push(digits.slice(Math.max(0, end - 3), end));
	return groups.reverse();
}
