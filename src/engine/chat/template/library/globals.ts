/** The functions that every template may call. */

import { maxItems } from "../values/limits.ts";
import { itemsOf } from "../values/measure.ts";
import { show } from "../values/show.ts";
import {
	type Arguments,
	Callable,
	Dict,
	Namespace,
	TemplateError,
	type Value,
} from "../values/value.ts";
import { strftime } from "./formats/strftime.ts";
import { numberOr, textOr } from "./given.ts";

/** @param today fixed, so that prompts keep their prefix. */
export function globalFunctions(
	today: Date,
): ReadonlyMap<string, (args: Arguments) => Value> {
	return new Map<string, (args: Arguments) => Value>([
		["range", range],
		["dict", (args) => new Dict(entriesIn(args))],
		[
			"namespace",
			(args) =>
				new Namespace(entriesIn(args).map(([key, it]) => [show(key), it])),
		],
		[
			"joiner",
			(args) => {
				const [by] = args.take("joiner", ["sep"]);
				let isFirst = true;
				return new Callable(() => {
					const text = isFirst ? "" : textOr(by, ", ");
					isFirst = false;
					return text;
				});
			},
		],
		[
			"raise_exception",
			(args) => {
				const [message = ""] = args.take("raise_exception", ["message"]);
				throw new TemplateError(show(message));
			},
		],
		[
			"strftime_now",
			(args) => {
				const [format] = args.take("strftime_now", ["format"]);
				return strftime(today, textOr(format, ""));
			},
		],
	]);
}

function range({ positional }: Arguments): Value {
	const [first = 0, second, third] = positional.map((it) => numberOr(it, 0));
	const [from, to] = second === undefined ? [0, first] : [first, second];
	const step = third ?? 1;
	if (step === 0) throw new TemplateError("range() got a step of zero");
	const count = Math.max(0, Math.ceil((to - from) / step));
	if (count > maxItems) throw new TemplateError("range() is too long");
	return Array.from({ length: count }, (_, at) => from + at * step);
}

function entriesIn({
	positional,
	named,
}: Arguments): readonly (readonly [Value, Value])[] {
	const entries = positional.flatMap((it) =>
		it instanceof Dict
			? it.entries()
			: itemsOf(it).map((pair): readonly [Value, Value] => {
					const [key = null, value = null] = itemsOf(pair);
					return [key, value];
				}),
	);
	return [...entries, ...named];
}
