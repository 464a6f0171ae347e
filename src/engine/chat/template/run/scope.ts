/** The names that a part of a template knows: its own, and those of the parts around it. */

import { Undefined, type Value } from "../values/value.ts";

export class Scope {
	readonly #names = new Map<string, Value>();
	readonly #outer: Scope | undefined;

	constructor(outer?: Scope) {
		this.#outer = outer;
	}

	/** In this scope only: what is set in a loop does not leave it. */
	set(name: string, value: Value): void {
		this.#names.set(name, value);
	}

	get(name: string): Value {
		for (let scope: Scope | undefined = this; scope; scope = scope.#outer) {
			const value = scope.#names.get(name);
			if (value !== undefined) return value;
		}
		return new Undefined(`'${name}' is undefined`);
	}
}
