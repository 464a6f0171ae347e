/** Reads the metadata of a model's architecture from its header, within sane limits. */

import { oneLine } from "../../base/sentence.ts";
import type { GgufValue } from "../../gguf/ggufHeader.ts";

/** Why the memory of a model cannot be computed. `key` is a key of the metadata, or the name of a tensor. */
export type ShapeProblem =
	| { readonly kind: "missing"; readonly key: string }
	/** A number that no model could have, or something else in its place. */
	| { readonly kind: "badValue"; readonly key: string; readonly value: string }
	/** A list that is shorter than the layers. */
	| {
			readonly kind: "noValueForLayer";
			readonly key: string;
			readonly layer: number;
	  }
	| {
			readonly kind: "noSuchLayer";
			readonly key: string;
			readonly layers: number;
	  }
	/** A type that is unknown, or whose blocks do not fit the rows. */
	| { readonly kind: "badType"; readonly key: string; readonly typeId: number }
	/** This file is one of several. */
	| { readonly kind: "split"; readonly key: string; readonly files: number };

/** Upper limits for sane headers: several times what any published model has. */
export const maxLayers = 1024;
export const maxHeads = 65_536;
export const maxWidth = 16_777_216;
export const maxTokens = 2 ** 31;
const maxArchitectureCharacters = 64;
const maxShownCharacters = 80;

/** The metadata of one architecture; all its keys begin with the name of the architecture. */
export class Keys {
	readonly architecture: string;
	readonly #metadata: ReadonlyMap<string, GgufValue>;

	constructor(metadata: ReadonlyMap<string, GgufValue>) {
		const architecture = metadata.get("general.architecture");
		if (typeof architecture !== "string" || architecture === "")
			throw unusable({ kind: "missing", key: "general.architecture" });
		// It is part of keys and messages.
		if (architecture !== oneLine(architecture, maxArchitectureCharacters))
			throw unusable({
				kind: "badValue",
				key: "general.architecture",
				value: architecture,
			});
		this.architecture = architecture;
		this.#metadata = metadata;
	}

	full(key: string): string {
		return `${this.architecture}.${key}`;
	}

	/** At least 1. */
	need(key: string, limit: number): number {
		const value = this.number(key, limit);
		if (value === undefined)
			throw unusable({ kind: "missing", key: this.full(key) });
		if (value < 1)
			throw unusable({
				kind: "badValue",
				key: this.full(key),
				value: String(value),
			});
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
			throw unusable({ kind: "noValueForLayer", key: this.full(key), layer });
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
			throw unusable({
				kind: "badValue",
				key: this.full(key),
				value: typeof value === "object" ? "[...]" : String(value),
			});
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

/** Keys, names and values are those of the file: each becomes one short line. */
export function unusable(problem: ShapeProblem): Unusable {
	const key = oneLine(problem.key, maxShownCharacters);
	if (problem.kind !== "badValue") return new Unusable({ ...problem, key });
	const value = oneLine(problem.value, maxShownCharacters);
	return new Unusable({ ...problem, key, value });
}
