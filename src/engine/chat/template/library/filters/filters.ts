/** The filters that stand behind a bar. */

import { lengthOf, typeName } from "../../values/measure.ts";
import { show } from "../../values/show.ts";
import {
	type Arguments,
	TemplateError,
	Undefined,
	type Value,
} from "../../values/value.ts";
import { toJson } from "../formats/json.ts";
import { isGivenTrue } from "../given.ts";
import type { Filter } from "./filter.ts";
import { listFilters } from "./listFilters.ts";
import { numberFilters } from "./numberFilters.ts";
import { selectFilters } from "./selectFilters.ts";
import { textFilters } from "./textFilters.ts";

function length(value: Value): Value {
	const size = lengthOf(value);
	if (size === undefined)
		throw new TemplateError(`a value of type ${typeName(value)} has no length`);
	return size;
}

function otherwise(value: Value, args: Arguments): Value {
	const [fallback = "", alsoFalse] = args.take("default", [
		"default_value",
		"boolean",
	]);
	const isMissing =
		value instanceof Undefined ||
		(isGivenTrue(alsoFalse) && !isGivenTrue(value));
	return isMissing ? fallback : value;
}

const filters: ReadonlyMap<string, Filter> = new Map<string, Filter>([
	...Object.entries(textFilters),
	...Object.entries(listFilters),
	...Object.entries(numberFilters),
	...Object.entries(selectFilters(findFilter)),
	["tojson", toJson],
	["length", length],
	["count", length],
	["default", otherwise],
	["d", otherwise],
	["string", show],
	// A text whose markup is safe; others are not escaped either.
	["safe", show],
]);

export function findFilter(name: string): Filter {
	const filter = filters.get(name);
	if (!filter) throw new TemplateError(`no filter named '${name}'`);
	return filter;
}
