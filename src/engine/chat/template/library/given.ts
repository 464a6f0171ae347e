/** Reads arguments of the types that a function of the library expects. */

import { isTrue, numberOf, typeName } from "../values/measure.ts";
import { TemplateError, type Value } from "../values/value.ts";

/** What a function is given, or the value that it has otherwise. */
export function textOr<T>(value: Value | undefined, otherwise: T): string | T {
	if (value === undefined || value === null) return otherwise;
	if (typeof value === "string") return value;
	throw new TemplateError(`expected a text, not a ${typeName(value)}`);
}

export function numberOr<T>(
	value: Value | undefined,
	otherwise: T,
): number | T {
	if (value === undefined || value === null) return otherwise;
	const number = numberOf(value);
	if (number !== undefined) return number;
	throw new TemplateError(`expected a number, not a ${typeName(value)}`);
}

export function isGivenTrue(value: Value | undefined): boolean {
	return value !== undefined && isTrue(value);
}
