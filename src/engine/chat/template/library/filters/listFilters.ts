/** Filters of lists and of dictionaries. */

import { allowedChars } from "../../values/limits.ts";
import {
	charactersOf,
	compare,
	distinct,
	itemsOf,
	typeName,
} from "../../values/measure.ts";
import { show } from "../../values/show.ts";
import {
	type Arguments,
	Dict,
	Generator,
	TemplateError,
	Thing,
	Tuple,
	Undefined,
	type Value,
} from "../../values/value.ts";
import { isGivenTrue, numberOr, textOr } from "../given.ts";
import { attributeReader } from "./attributePath.ts";
import type { Filters } from "./filter.ts";

export const listFilters: Filters = {
	list: (value) => [...itemsOf(value)],
	first: (value) => itemAt(itemsOf(value), 0),
	last: (value) => itemAt(itemsOf(value), -1),
	reverse: (value) =>
		typeof value === "string"
			? [...charactersOf(value)].reverse().join("")
			: new Generator(() => [...itemsOf(value)].reverse()),
	join: (value, args) => {
		const [by, attribute = null] = args.take("join", ["d", "attribute"]);
		const read = attributeReader(attribute);
		const texts = itemsOf(value).map((it) => show(read(it)));
		const separator = textOr(by, "");
		allowedChars(
			texts.reduce((sum, it) => sum + it.length + separator.length, 0),
		);
		return texts.join(separator);
	},
	sort: (value, args) => {
		const [isReversed, caseSensitive, attribute = null] = args.take("sort", [
			"reverse",
			"case_sensitive",
			"attribute",
		]);
		return sorted(
			itemsOf(value),
			wording(attributeReader(attribute), caseSensitive),
			isReversed,
		);
	},
	unique: (value, args) => {
		const [caseSensitive, attribute = null] = args.take("unique", [
			"case_sensitive",
			"attribute",
		]);
		return new Generator(() =>
			distinct(
				itemsOf(value),
				wording(attributeReader(attribute), caseSensitive),
			),
		);
	},
	min: (value, args) => extreme(value, args, -1),
	max: (value, args) => extreme(value, args, 1),
	items: (value) => {
		return new Generator(() =>
			value instanceof Undefined
				? []
				: entriesOf(value).map((it) => new Tuple(it)),
		);
	},
	dictsort: (value, args) => {
		const [caseSensitive, by, isReversed] = args.take("dictsort", [
			"case_sensitive",
			"by",
			"reverse",
		]);
		const at = textOr(by, "key") === "key" ? 0 : 1;
		return sorted(
			entriesOf(value).map((it) => new Tuple(it)),
			wording(attributeReader(at), caseSensitive),
			isReversed,
		);
	},
	batch: (value, args) => {
		const [count, fill = null] = args.take("batch", ["linecount", "fill_with"]);
		const size = Math.max(1, numberOr(count, 1));
		const items = itemsOf(value);
		const batches: (readonly Value[])[] = [];
		for (let at = 0; at < items.length; at += size) {
			const batch = items.slice(at, at + size);
			while (fill !== null && batch.length < size) batch.push(fill);
			batches.push(batch);
		}
		return new Generator(() => batches);
	},
	groupby: (value, args) => {
		const [attribute = null] = args.take("groupby", ["attribute"]);
		const read = attributeReader(attribute);
		const groups = new Map<string, [Value, Value[]]>();
		for (const item of sorted(itemsOf(value), wording(read, false))) {
			const key = read(item);
			const id = show(wording((it) => it, false)(key));
			const group = groups.get(id) ?? [key, []];
			group[1].push(item);
			groups.set(id, group);
		}
		return [...groups.values()].map((it) => new Tuple(it, ["grouper", "list"]));
	},
	attr: (value, args) => {
		const [name = null] = args.take("attr", ["name"]);
		return value instanceof Thing
			? attributeReader(name)(value)
			: new Undefined(`there is no attribute '${show(name)}'`);
	},
};

function itemAt(items: readonly Value[], at: number): Value {
	const item = items.at(at);
	return item === undefined
		? new Undefined("an empty list has no first or last item")
		: item;
}

function entriesOf(value: Value): readonly (readonly [Value, Value])[] {
	if (value instanceof Dict) return value.entries();
	throw new TemplateError(`a value of type ${typeName(value)} has no entries`);
}

/** What items are compared by: texts without regard to case, unless the template wants it. */
function wording(
	read: (item: Value) => Value,
	caseSensitive: Value | undefined,
): (item: Value) => Value {
	return (item) => {
		const value = read(item);
		return typeof value === "string" && !isGivenTrue(caseSensitive)
			? value.toLowerCase()
			: value;
	};
}

function sorted(
	items: readonly Value[],
	wordingOf: (item: Value) => Value,
	isReversed?: Value,
): readonly Value[] {
	const direction = isGivenTrue(isReversed) ? -1 : 1;
	return [...items].sort(
		(left, right) => direction * compare(wordingOf(left), wordingOf(right)),
	);
}

function extreme(value: Value, args: Arguments, direction: number): Value {
	const [caseSensitive, attribute = null] = args.take("min or max", [
		"case_sensitive",
		"attribute",
	]);
	const wordingOf = wording(attributeReader(attribute), caseSensitive);
	return itemAt(sorted(itemsOf(value), wordingOf, direction > 0), 0);
}
