/** The values of Python that a template computes with. An integer is a number; a list is an array. */

export type Value =
	| null
	| boolean
	| number
	| string
	| readonly Value[]
	| Float
	| Tuple
	| Dict
	| Thing
	| Generator
	| Callable
	| Undefined;

/** A number that Python shows with a decimal point. */
export class Float {
	readonly value: number;

	constructor(value: number) {
		this.value = value;
	}
}

export class Tuple {
	readonly items: readonly Value[];
	/** Of the items as attributes, in a named tuple. */
	readonly names: readonly string[];

	constructor(items: readonly Value[], names: readonly string[] = []) {
		this.items = items;
		this.names = names;
	}
}

/** What a filter such as `map` yields: computed when it is read, true even if it is empty, and used up by its first reader. */
export class Generator {
	#items: () => readonly Value[];

	constructor(items: () => readonly Value[]) {
		this.#items = items;
	}

	take(): readonly Value[] {
		const items = this.#items();
		this.#items = () => [];
		return items;
	}
}

/** What a name or an attribute without a value is. */
export class Undefined {
	/** Such as `'x' is undefined`. */
	readonly why: string;

	constructor(why: string) {
		this.why = why;
	}
}

/** An object that has attributes but no items. */
export abstract class Thing {
	/** Undefined if there is none of this name. */
	abstract attribute(name: string): Value | undefined;

	/** Undefined if it cannot be called. */
	get call(): Call | undefined {
		return undefined;
	}
}

/** What `namespace()` makes: its attributes may be set in any scope. */
export class Namespace extends Thing {
	readonly #attributes: Map<string, Value>;

	constructor(attributes: Iterable<readonly [string, Value]>) {
		super();
		this.#attributes = new Map(attributes);
	}

	override attribute(name: string): Value | undefined {
		return this.#attributes.get(name);
	}

	set(name: string, value: Value): void {
		this.#attributes.set(name, value);
	}
}

export type Call = (args: Arguments) => Value;

export class Callable {
	readonly call: Call;

	constructor(call: Call) {
		this.call = call;
	}
}

export class Dict {
	/** By `keyOf`, in the order of insertion. */
	readonly #entries = new Map<string, readonly [key: Value, value: Value]>();

	constructor(entries: Iterable<readonly [key: Value, value: Value]> = []) {
		for (const [key, value] of entries) {
			const id = keyOf(key);
			// As in Python, the first of two equal keys stays.
			this.#entries.set(id, [this.#entries.get(id)?.[0] ?? key, value]);
		}
	}

	get size(): number {
		return this.#entries.size;
	}

	has(key: Value): boolean {
		return this.#entries.has(keyOf(key));
	}

	get(key: Value): Value | undefined {
		return this.#entries.get(keyOf(key))?.[1];
	}

	entries(): readonly (readonly [key: Value, value: Value])[] {
		return [...this.#entries.values()];
	}

	keys(): readonly Value[] {
		return this.entries().map(([key]) => key);
	}
}

/** The same for equal values: `1`, `1.0` and `true` are one key. */
export function keyOf(value: Value): string {
	if (typeof value === "string") return `s${value}`;
	if (typeof value === "number" || typeof value === "boolean")
		return `n${Number(value)}`;
	if (value instanceof Float) return `n${value.value}`;
	if (value === null) return "none";
	if (value instanceof Undefined) return "undefined";
	if (value instanceof Tuple)
		return `(${value.items.map((it) => JSON.stringify(keyOf(it))).join()})`;
	throw new TemplateError("a key must be a text, a number or a tuple");
}

/** The arguments of a call. */
export class Arguments {
	readonly positional: readonly Value[];
	readonly named: ReadonlyMap<string, Value>;

	constructor(
		positional: readonly Value[] = [],
		named: ReadonlyMap<string, Value> = new Map(),
	) {
		this.positional = positional;
		this.named = named;
	}

	/** The arguments in the order of these parameters; undefined for those left out. */
	take(
		callee: string,
		parameters: readonly string[],
	): readonly (Value | undefined)[] {
		if (this.positional.length > parameters.length)
			throw new TemplateError(`too many arguments for ${callee}`);
		for (const name of this.named.keys()) {
			const at = parameters.indexOf(name);
			if (at < 0) throw new TemplateError(`${callee} has no parameter ${name}`);
			if (at < this.positional.length)
				throw new TemplateError(`${callee} got ${name} twice`);
		}
		return parameters.map((name, at) =>
			at < this.positional.length ? this.positional[at] : this.named.get(name),
		);
	}

	/** The arguments without the first ones. */
	after(count: number): Arguments {
		return new Arguments(this.positional.slice(count), this.named);
	}
}

/** An error of the template, whose message is shown to the user. */
export class TemplateError extends Error {}
