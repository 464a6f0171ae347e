/** What a template knows of the loop that it is in. */

import { isEqual } from "../values/measure.ts";
import {
	type Arguments,
	Callable,
	Namespace,
	TemplateError,
	Tuple,
	Undefined,
	type Value,
} from "../values/value.ts";

/** Makes the value of `loop` for each round. */
export class LoopFacts {
	readonly #items: readonly Value[];
	readonly #depth: number;
	readonly #call: ((args: Arguments) => Value) | undefined;
	#lastChecked: Value | undefined;

	/** @param call renders the loop for other items, in a recursive one. */
	constructor(
		items: readonly Value[],
		depth: number,
		call: ((args: Arguments) => Value) | undefined,
	) {
		this.#items = items;
		this.#depth = depth;
		this.#call = call;
	}

	round(at: number): Namespace {
		const { length } = this.#items;
		return new Namespace(
			[
				["index", at + 1],
				["index0", at],
				["revindex", length - at],
				["revindex0", length - at - 1],
				["first", at === 0],
				["last", at === length - 1],
				["length", length],
				["depth", this.#depth],
				["depth0", this.#depth - 1],
				["previtem", this.#item(at - 1)],
				["nextitem", this.#item(at + 1)],
				["cycle", new Callable(({ positional }) => cycled(positional, at))],
				["changed", new Callable(({ positional }) => this.#isNew(positional))],
			],
			this.#call,
		);
	}

	#item(at: number): Value {
		const item = this.#items[at];
		return item === undefined ? new Undefined("there is no such item") : item;
	}

	#isNew(values: readonly Value[]): boolean {
		const value = new Tuple(values);
		const isSame =
			this.#lastChecked !== undefined && isEqual(this.#lastChecked, value);
		this.#lastChecked = value;
		return !isSame;
	}
}

function cycled(values: readonly Value[], at: number): Value {
	const value = values[at % values.length];
	if (value === undefined) throw new TemplateError("no items to cycle through");
	return value;
}
