/** Filters that apply a test or another filter to each item. */

import { isTrue, itemsOf } from "../../values/measure.ts";
import { show } from "../../values/show.ts";
import {
	Arguments,
	Generator,
	TemplateError,
	type Value,
} from "../../values/value.ts";
import { findTest } from "../tests.ts";
import { attributeReader } from "./attributePath.ts";
import type { Filter, Filters } from "./filter.ts";

export function selectFilters(findFilter: (name: string) => Filter): Filters {
	return {
		select: selecting(true, false),
		reject: selecting(false, false),
		selectattr: selecting(true, true),
		rejectattr: selecting(false, true),
		map: (value, args) => {
			const change = changeOf(args, findFilter);
			return new Generator(() => givenItems(value).map(change));
		},
	};
}

function selecting(keeps: boolean, byAttribute: boolean): Filter {
	return (value, args) => {
		const [path = null] = byAttribute ? args.positional : [];
		const read = attributeReader(path);
		const rest = byAttribute ? args.after(1) : args;
		const [name] = rest.positional;
		const test = name === undefined ? isTrue : findTest(show(name));
		return new Generator(() =>
			givenItems(value).filter((it) => test(read(it), rest.after(1)) === keeps),
		);
	};
}

/** Of nothing there are no items, as in Jinja: `tools` may be none. */
function givenItems(value: Value): readonly Value[] {
	return isTrue(value) ? itemsOf(value) : [];
}

function changeOf(
	args: Arguments,
	findFilter: (name: string) => Filter,
): (item: Value) => Value {
	const [name] = args.positional;
	if (name !== undefined) {
		const filter = findFilter(show(name));
		return (item) => filter(item, args.after(1));
	}
	const attribute = args.named.get("attribute");
	if (attribute === undefined)
		throw new TemplateError("map needs a filter or an attribute");
	const otherwise = args.named.get("default");
	const read = attributeReader(attribute);
	const fallback = findFilter("default");
	return otherwise === undefined
		? read
		: (item) => fallback(read(item), new Arguments([otherwise]));
}
