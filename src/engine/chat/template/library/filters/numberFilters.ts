/** Filters that make numbers. */

import { itemsOf, numberOf } from "../../values/measure.ts";
import { Float, type Value } from "../../values/value.ts";
import { numberOr, textOr } from "../given.ts";
import { attributeReader } from "./attributePath.ts";
import type { Filters } from "./filter.ts";

export const numberFilters: Filters = {
	int: (value, args) => {
		const [otherwise = 0, base] = args.take("int", ["default", "base"]);
		const number =
			typeof value === "string"
				? integerIn(value, numberOr(base, 10))
				: numberOf(value);
		return number === undefined || !Number.isFinite(number)
			? otherwise
			: Math.trunc(number) + 0;
	},
	float: (value, args) => {
		const [otherwise = new Float(0)] = args.take("float", ["default"]);
		const number =
			typeof value === "string" ? decimalIn(value) : numberOf(value);
		return number === undefined ? otherwise : new Float(number);
	},
	abs: (value) => {
		const number = Math.abs(numberOr(value, 0));
		return value instanceof Float ? new Float(number) : number;
	},
	round: (value, args) => {
		const [precision, method] = args.take("round", ["precision", "method"]);
		const scale = 10 ** numberOr(precision, 0);
		const scaled = numberOr(value, 0) * scale;
		const name = textOr(method, "common");
		if (name === "ceil") return new Float(Math.ceil(scaled) / scale);
		if (name === "floor") return new Float(Math.floor(scaled) / scale);
		const rounded = halfToEven(scaled) / scale;
		return value instanceof Float ? new Float(rounded) : rounded;
	},
	sum: (value, args) => {
		const [attribute = null, start = 0] = args.take("sum", [
			"attribute",
			"start",
		]);
		return itemsOf(value).map(attributeReader(attribute)).reduce(plus, start);
	},
};

function plus(left: Value, right: Value): Value {
	const sum = numberOr(left, 0) + numberOr(right, 0);
	return left instanceof Float || right instanceof Float ? new Float(sum) : sum;
}

function integerIn(text: string, base: number): number | undefined {
	const digits = text.trim().replace(/^([-+]?)0[xXoObB]/, "$1");
	const number = /^[-+]?[\da-z]+$/i.test(digits)
		? Number.parseInt(digits, base)
		: Number.NaN;
	return Number.isNaN(number) ? decimalIn(text) : number;
}

function decimalIn(text: string): number | undefined {
	const trimmed = text.trim().replaceAll(/(?<=\d)_(?=\d)/g, "");
	return /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(trimmed)
		? Number(trimmed)
		: undefined;
}

/** As Python rounds: the half to the even neighbor. */
function halfToEven(value: number): number {
	const floor = Math.floor(value);
	if (value - floor !== 0.5) return Math.round(value);
	return floor % 2 === 0 ? floor : floor + 1;
}
