/** Limits of what a template may build: its time limit comes too late for a text or a list that exhausts memory. */

import { TemplateError } from "./value.ts";

/** A thousand times the text of the longest known templates. */
const maxChars = 32 * 2 ** 20;
/** More than any conversation has turns. */
export const maxItems = 100_000;

/** @returns the length. */
export function allowedChars(length: number): number {
	if (length > maxChars) throw new TemplateError("it makes too long a text");
	return length;
}

/** @returns the number of items. */
export function allowedItems(count: number): number {
	if (count > maxItems) throw new TemplateError("it makes too long a list");
	return count;
}

/** As many times as Python repeats it: never for a negative count. */
export function repeated(text: string, count: number): string {
	const times = Math.max(0, Math.trunc(count));
	allowedChars(text.length * times);
	return text.repeat(times);
}
