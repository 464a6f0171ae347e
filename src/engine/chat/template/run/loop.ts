/** What a template knows of the loop that it is in. */

import { isEqual } from "../values/measure.ts";
import {
	type Call,
	Callable,
	TemplateError,
	Thing,
	Tuple,
	Undefined,
	type Value,
} from "../values/value.ts";

/** What the rounds of a loop have in common. */
export interface LoopFacts {
	readonly items: readonly Value[];
	/** 1 for a loop that is not inside of itself. */
	readonly depth: number;
	/** Renders the loop for other items, in a recursive one. */
	readonly call: Call | undefined;
	/** What `loop.changed` was last given. */
	lastChecked: Value | undefined;
}

/** The value of `loop` in one round. Templates with loops in loops make a million of them, so that nothing is computed in advance. */
export class Round extends Thing {
	readonly #facts: LoopFacts;
	readonly #at: number;

	constructor(facts: LoopFacts, at: number) {
		super();
		this.#facts = facts;
		this.#at = at;
	}

	override get call(): Call | undefined {
		return this.#facts.call;
	}

	override attribute(name: string): Value | undefined {
		const { items, depth } = this.#facts;
		const at = this.#at;
		switch (name) {
			case "index":
				return at + 1;
			case "index0":
				return at;
			case "revindex":
				return items.length - at;
			case "revindex0":
				return items.length - at - 1;
			case "first":
				return at === 0;
			case "last":
				return at === items.length - 1;
			case "length":
				return items.length;
			case "depth":
				return depth;
			case "depth0":
				return depth - 1;
			case "previtem":
				return itemAt(items, at - 1);
			case "nextitem":
				return itemAt(items, at + 1);
			case "cycle":
				return new Callable(({ positional }) => cycled(positional, at));
			case "changed":
				return new Callable(({ positional }) => this.#isNew(positional));
			default:
				return undefined;
		}
	}

	#isNew(values: readonly Value[]): boolean {
		const value = new Tuple(values);
		const { lastChecked } = this.#facts;
		this.#facts.lastChecked = value;
		return lastChecked === undefined || !isEqual(lastChecked, value);
	}
}

function itemAt(items: readonly Value[], at: number): Value {
	const item = items[at];
	return item === undefined ? new Undefined("there is no such item") : item;
}

function cycled(values: readonly Value[], at: number): Value {
	const value = values[at % values.length];
	if (value === undefined)
		throw new TemplateError("there is nothing to cycle through");
	return value;
}
