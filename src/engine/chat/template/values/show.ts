/** Values as text, as Python's `str` and `repr` write them. */

import { isList } from "./measure.ts";
import {
	Callable,
	Dict,
	Float,
	Generator,
	Thing,
	Tuple,
	Undefined,
	type Value,
} from "./value.ts";

/** What `{{ value }}` writes. */
export function show(value: Value): string {
	if (typeof value === "string") return value;
	return value instanceof Undefined ? "" : quoted(value);
}

/** The value as it would be written in Python. */
export function quoted(value: Value): string {
	if (value === null) return "None";
	if (value === true) return "True";
	if (value === false) return "False";
	if (typeof value === "number") return String(value);
	if (typeof value === "string") return quotedText(value);
	if (value instanceof Float) return showFloat(value.value);
	if (isList(value)) return `[${value.map(quoted).join(", ")}]`;
	if (value instanceof Tuple) {
		const items = value.items.map(quoted);
		return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
	}
	if (value instanceof Dict) {
		const entries = value
			.entries()
			.map(([key, it]) => `${quoted(key)}: ${quoted(it)}`);
		return `{${entries.join(", ")}}`;
	}
	if (value instanceof Thing) return "<Namespace>";
	if (value instanceof Generator) return "<generator object>";
	return value instanceof Callable ? "<function>" : "Undefined";
}

const named: Readonly<Record<string, string>> = {
	"\\": "\\\\",
	"\n": "\\n",
	"\r": "\\r",
	"\t": "\\t",
};

function quotedText(text: string): string {
	const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
	const inner = text.replace(
		/[\\'\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu,
		(character) => {
			if (character === "'") return quote === "'" ? "\\'" : "'";
			return named[character] ?? escaped(character.codePointAt(0) ?? 0);
		},
	);
	return quote + inner + quote;
}

function escaped(code: number): string {
	const hex = code.toString(16);
	if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
	return code <= 0xffff
		? `\\u${hex.padStart(4, "0")}`
		: `\\U${hex.padStart(8, "0")}`;
}

/** Python writes an exponent for other magnitudes than JavaScript. */
export function showFloat(value: number): string {
	if (Number.isNaN(value)) return "nan";
	if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
	const size = Math.abs(value);
	if (size !== 0 && (size < 1e-4 || size >= 1e16))
		return value
			.toExponential()
			.replace(/e([+-])(\d)$/, (_, sign: string, digit) => `e${sign}0${digit}`);
	if (Object.is(value, -0)) return "-0.0";
	return Number.isInteger(value) ? `${value}.0` : String(value);
}
