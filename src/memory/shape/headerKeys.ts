/** Reads the metadata of a model's architecture from its header, within sane limits. */

import type { GgufValue } from "../../gguf/ggufHeader.ts";

export interface ShapeProblem {
	/** A key of the metadata, or the name of a tensor. */
	readonly key: string;
	readonly why: string;
}

/** Upper limits for sane headers: several times what any published model has. */
export const maxLayers = 1024;
export const maxHeads = 65_536;
export const maxWidth = 16_777_216;
export const maxTokens = 2 ** 31;

/** The metadata of one architecture; all its keys begin with the name of the architecture. */
export class Keys {
	readonly architecture: string;
	readonly #metadata: ReadonlyMap<string, GgufValue>;

	constructor(metadata: ReadonlyMap<string, GgufValue>) {
		const architecture = metadata.get("general.architecture");
		if (typeof architecture !== "string" || architecture === "")
			throw unusable("general.architecture", "it is missing");
		this.architecture = architecture;
		this.#metadata = metadata;
	}

	full(key: string): string {
		return `${this.architecture}.${key}`;
	}

	/** At least 1. */
	need(key: string, limit: number): number {
		const value = this.number(key, limit);
		if (value === undefined) throw unusable(this.full(key), "it is missing");
		if (value < 1) throw unusable(this.full(key), `it is ${value}`);
		return value;
	}

	/** Undefined if it is missing or an array. */
	number(key: string, limit: number): number | undefined {
		const value = this.#metadata.get(this.full(key));
		if (value === undefined || this.array(key)) return undefined;
		return this.#count(key, value, limit);
	}

	/** Some keys hold one number for all layers, others an array with one for each. */
	perLayer(key: string, layer: number, limit: number): number | undefined {
		const values = this.array(key);
		if (!values) return this.number(key, limit);
		const value = values[layer];
		if (value === undefined)
			throw unusable(this.full(key), `it has no value for layer ${layer}`);
		return this.#count(key, value, limit);
	}

	array(key: string): readonly (number | bigint | boolean)[] | undefined {
		const value = this.#metadata.get(this.full(key));
		return isArray(value) && value.length > 0 ? value : undefined;
	}

	#count(key: string, value: GgufValue, limit: number): number {
		if (
			typeof value !== "number" ||
			!Number.isInteger(value) ||
			value < 0 ||
			value > limit
		)
			throw unusable(
				this.full(key),
				`${typeof value === "object" ? "a list" : value} is no number of ${key.replace(/.*\./, "")} that a model could have`,
			);
		return value;
	}
}

/** `Array.isArray` does not narrow to a readonly array. */
function isArray(
	value: GgufValue | undefined,
): value is readonly (number | bigint | boolean)[] {
	return Array.isArray(value);
}

/** Thrown while a header is read; `shapeOf` catches it. */
export class Unusable extends Error {
	constructor(readonly problem: ShapeProblem) {
		super(problem.key);
	}
}

export function unusable(key: string, why: string): Unusable {
	return new Unusable({ key, why });
}
