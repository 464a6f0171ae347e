/** Filters of texts. */

import { allowedChars, repeated } from "../../values/limits.ts";
import { show } from "../../values/show.ts";
import { Dict, Tuple } from "../../values/value.ts";
import { linesOf, strip, wordsOf } from "../../values/whitespace.ts";
import { capitalized, wordsCapitalized } from "../case.ts";
import { percentFormat } from "../formats/percentFormat.ts";
import { isGivenTrue, numberOr, textOr } from "../given.ts";
import { centered, replaced } from "../stringMethods.ts";
import type { Filters } from "./filter.ts";

const entities: Readonly<Record<string, string>> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&#34;",
	"'": "&#39;",
};

const escaped = (value: Parameters<typeof show>[0]) =>
	show(value).replace(/[&<>"']/g, (it) => entities[it] ?? it);

export const textFilters: Filters = {
	upper: (value) => show(value).toUpperCase(),
	lower: (value) => show(value).toLowerCase(),
	capitalize: (value) => capitalized(show(value)),
	title: (value) => wordsCapitalized(show(value)),
	trim: (value, args) => {
		const [characters] = args.take("trim", ["chars"]);
		return strip(show(value), "both", textOr(characters, null));
	},
	replace: (value, args) => {
		const [old, by, count] = args.take("replace", ["old", "new", "count"]);
		return replaced(
			show(value),
			show(old ?? ""),
			show(by ?? ""),
			numberOr(count, -1),
		);
	},
	indent: (value, args) => {
		const [width = 4, first, blank] = args.take("indent", [
			"width",
			"first",
			"blank",
		]);
		const by =
			typeof width === "string" ? width : repeated(" ", numberOr(width, 4));
		const [start = "", ...rest] = linesOf(`${show(value)}\n`);
		allowedChars(
			start.length + rest.join("\n").length + rest.length * by.length,
		);
		const lines = rest.map((it) =>
			it === "" && !isGivenTrue(blank) ? it : by + it,
		);
		return [isGivenTrue(first) ? by + start : start, ...lines].join("\n");
	},
	escape: escaped,
	e: escaped,
	forceescape: escaped,
	format: (value, { positional, named }) =>
		percentFormat(
			show(value),
			named.size > 0 ? new Dict(named) : new Tuple(positional),
		),
	center: (value, args) => {
		const [width] = args.take("center", ["width"]);
		return centered(show(value), numberOr(width, 80));
	},
	wordcount: (value) => show(value).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0,
	truncate: (value, args) => {
		const [most, killWords, end, leeway] = args.take("truncate", [
			"length",
			"killwords",
			"end",
			"leeway",
		]);
		const text = show(value);
		const length = numberOr(most, 255);
		const dots = textOr(end, "...");
		if (text.length <= length + numberOr(leeway, 5)) return text;
		const kept = text.slice(0, Math.max(0, length - dots.length));
		const lastSpace = kept.lastIndexOf(" ");
		return isGivenTrue(killWords) || lastSpace < 0
			? kept + dots
			: kept.slice(0, lastSpace) + dots;
	},
	striptags: (value) => wordsOf(withoutTags(show(value))).join(" "),
	urlencode: (value) => encodeURIComponent(show(value)).replaceAll("%2F", "/"),
};

/** Without comments and tags. One that does not end stays. */
function withoutTags(text: string): string {
	let kept = "";
	let from = 0;
	let mayHaveComments = true;
	for (;;) {
		const start = text.indexOf("<", from);
		if (start < 0) break;
		let end = text.indexOf(">", start);
		if (end < 0) break;
		if (mayHaveComments && text.startsWith("<!--", start)) {
			const close = text.indexOf("-->", start + "<!--".length);
			mayHaveComments = close >= 0;
			if (close >= 0) end = close + "--".length;
		}
		kept += text.slice(from, start);
		from = end + 1;
	}
	return kept + text.slice(from);
}
