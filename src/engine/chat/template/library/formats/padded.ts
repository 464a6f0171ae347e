/** Numbers and texts of a given width, for the formats of `%` and of `format`. */

import { repeated } from "../../values/limits.ts";
import { lengthOf } from "../../values/measure.ts";

export type Alignment = "<" | ">" | "^" | "=";

/** @param align `=` puts the padding behind the sign. */
export function padded(
	text: string,
	width: number,
	fill: string,
	align: Alignment,
): string {
	const missing = width - (lengthOf(text) ?? 0);
	if (missing <= 0) return text;
	const all = repeated(fill, missing);
	if (align === "<") return text + all;
	if (align === ">") return all + text;
	if (align === "=") {
		const [, sign = "", digits = ""] = /^([-+ ]?)(.*)$/s.exec(text) ?? [];
		return sign + all + digits;
	}
	const left = all.slice(0, Math.floor(missing / 2));
	return left + text + all.slice(left.length);
}

/** A number in one of Python's notations. */
export function notation(
	value: number,
	type: string,
	precision: number,
): string {
	switch (type) {
		case "d":
		case "i":
		case "u":
			return String(Math.trunc(value));
		case "x":
			return Math.trunc(value).toString(16);
		case "X":
			return Math.trunc(value).toString(16).toUpperCase();
		case "o":
			return Math.trunc(value).toString(8);
		case "b":
			return Math.trunc(value).toString(2);
		case "e":
			return value.toExponential(precision).replace(/e([+-])(\d)$/, "e$10$2");
		case "%":
			return `${(value * 100).toFixed(precision)}%`;
		case "g":
			return String(Number(value.toPrecision(Math.max(1, precision))));
		default:
			return value.toFixed(precision);
	}
}
