/** The methods of texts. */

import { allowedChars, repeated } from "../values/limits.ts";
import { charactersOf, itemsOf, lengthOf } from "../values/measure.ts";
import { show } from "../values/show.ts";
import {
	type Arguments,
	TemplateError,
	Tuple,
	type Value,
} from "../values/value.ts";
import { linesOf, type Side, splitWords, strip } from "../values/whitespace.ts";
import { capitalized, titleCased } from "./case.ts";
import { braceFormat } from "./formats/braceFormat.ts";
import { isGivenTrue, numberOr, textOr } from "./given.ts";

type Method = (text: string, args: Arguments) => Value;

export const stringMethods: Readonly<Record<string, Method>> = {
	upper: (text) => text.toUpperCase(),
	lower: (text) => text.toLowerCase(),
	casefold: (text) => text.toLowerCase(),
	capitalize: capitalized,
	title: titleCased,
	swapcase: (text) =>
		text.replace(/\p{L}/gu, (it) =>
			it === it.toUpperCase() ? it.toLowerCase() : it.toUpperCase(),
		),
	strip: stripping("both"),
	lstrip: stripping("left"),
	rstrip: stripping("right"),
	startswith: (text, args) => hasAffix(args, (it) => text.startsWith(it)),
	endswith: (text, args) => hasAffix(args, (it) => text.endsWith(it)),
	removeprefix: (text, args) => {
		const prefix = onlyText(args, "removeprefix()");
		return text.startsWith(prefix) ? text.slice(prefix.length) : text;
	},
	removesuffix: (text, args) => {
		const suffix = onlyText(args, "removesuffix()");
		return suffix !== "" && text.endsWith(suffix)
			? text.slice(0, -suffix.length)
			: text;
	},
	split: (text, args) => split(text, args, "left"),
	rsplit: (text, args) => split(text, args, "right"),
	splitlines: (text) => linesOf(text),
	partition: (text, args) => {
		const separator = onlyText(args, "partition()");
		const at = text.indexOf(separator);
		return at < 0 ? new Tuple([text, "", ""]) : cut(text, at, separator.length);
	},
	rpartition: (text, args) => {
		const separator = onlyText(args, "rpartition()");
		const at = text.lastIndexOf(separator);
		return at < 0 ? new Tuple(["", "", text]) : cut(text, at, separator.length);
	},
	join: (text, args) => {
		const [items = []] = args.take("join()", ["iterable"]);
		const texts = itemsOf(items).map((it) => {
			if (typeof it === "string") return it;
			throw new TemplateError("only texts can be joined");
		});
		allowedChars(texts.reduce((sum, it) => sum + it.length + text.length, 0));
		return texts.join(text);
	},
	replace: (text, args) => {
		const [old, by, count] = args.take("replace()", ["old", "new", "count"]);
		return replaced(text, textOr(old, ""), textOr(by, ""), numberOr(count, -1));
	},
	find: (text, args) => position(text, text.indexOf(onlyText(args, "find()"))),
	rfind: (text, args) =>
		position(text, text.lastIndexOf(onlyText(args, "rfind()"))),
	index: (text, args) => {
		const at = text.indexOf(onlyText(args, "index()"));
		if (at < 0) throw new TemplateError("the text was not found");
		return position(text, at);
	},
	count: (text, args) => text.split(onlyText(args, "count()")).length - 1,
	format: braceFormat,
	zfill: (text, args) => {
		const [width] = args.take("zfill()", ["width"]);
		const [, sign = "", digits = ""] = /^([-+]?)(.*)$/s.exec(text) ?? [];
		return sign + padding(text, numberOr(width, 0), "0") + digits;
	},
	ljust: (text, args) => text + justified(text, args),
	rjust: (text, args) => justified(text, args) + text,
	center: (text, args) => {
		const [width, fill] = args.take("center()", ["width", "fillchar"]);
		return centered(text, numberOr(width, 0), textOr(fill, " "));
	},
	isdigit: (text) => /^\p{Nd}+$/u.test(text),
	isnumeric: (text) => /^\p{N}+$/u.test(text),
	isdecimal: (text) => /^\p{Nd}+$/u.test(text),
	isalpha: (text) => /^\p{L}+$/u.test(text),
	isalnum: (text) => /^[\p{L}\p{N}]+$/u.test(text),
	isspace: (text) => text !== "" && strip(text, "both") === "",
	isupper: (text) => text === text.toUpperCase() && text !== text.toLowerCase(),
	islower: (text) => text === text.toLowerCase() && text !== text.toUpperCase(),
	encode: (text) => text,
};

/** As Python centers it: of an odd padding the greater part is on the left if the width is odd, too. */
export function centered(text: string, width: number, fill = " "): string {
	const all = padding(text, width, fill);
	const isOdd = (all.length & width & 1) === 1;
	const left = Math.floor(all.length / 2) + Number(isOdd);
	return all.slice(0, left) + text + all.slice(left);
}

/** At most `count` times, unless that is negative. */
export function replaced(
	text: string,
	old: string,
	by: string,
	count: number,
): string {
	const pieces = old === "" ? ["", ...charactersOf(text), ""] : text.split(old);
	const most = count < 0 ? pieces.length : count;
	allowedChars(text.length + Math.min(most, pieces.length) * by.length);
	const made = pieces.slice(0, most + 1).join(by);
	const rest = pieces.slice(most + 1);
	return rest.length === 0 ? made : [made, ...rest].join(old);
}

function stripping(side: Side): Method {
	return (text, args) => {
		const [characters] = args.take("strip()", ["chars"]);
		return strip(text, side, textOr(characters, null));
	};
}

function hasAffix(args: Arguments, has: (affix: string) => boolean): boolean {
	const [affix = null] = args.after(0).positional;
	const affixes = affix instanceof Tuple ? affix.items : [affix];
	return affixes.some((it) => {
		if (typeof it === "string") return has(it);
		throw new TemplateError(`${show(it)} is no text to begin or end with`);
	});
}

function split(
	text: string,
	args: Arguments,
	from: "left" | "right",
): readonly string[] {
	const [by, count] = args.take("split()", ["sep", "maxsplit"]);
	const most = numberOr(count, -1);
	const separator = textOr(by, null);
	if (separator === null) return splitWords(text, most, from);
	if (separator === "") throw new TemplateError("an empty separator");
	const pieces = text.split(separator);
	const joined = pieces.length - 1 - most;
	if (most < 0 || joined <= 0) return pieces;
	return from === "left"
		? [...pieces.slice(0, most), pieces.slice(most).join(separator)]
		: [
				pieces.slice(0, joined + 1).join(separator),
				...pieces.slice(joined + 1),
			];
}

function cut(text: string, at: number, length: number): Tuple {
	const end = at + length;
	return new Tuple([text.slice(0, at), text.slice(at, end), text.slice(end)]);
}

function onlyText(args: Arguments, method: string): string {
	const [text] = args.take(method, ["text"]);
	return textOr(text, "");
}

/** Counted in Python's characters. */
function position(text: string, at: number): number {
	return at < 0 ? at : (lengthOf(text.slice(0, at)) ?? 0);
}

function justified(text: string, args: Arguments): string {
	const [width, fill] = args.take("the width", ["width", "fillchar"]);
	return padding(text, numberOr(width, 0), textOr(fill, " "));
}

function padding(text: string, width: number, fill: string): string {
	return isGivenTrue(width)
		? repeated(fill, width - (lengthOf(text) ?? 0))
		: "";
}
