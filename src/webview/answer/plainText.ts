/** Plain text. Long text is split into pieces, of which the browser lays out only the visible ones. */

import { element } from "../chat/dom.ts";

const pieceChars = 4_000;

/** @param show reveals hidden characters. */
export function plainText(
	text: string,
	show: (text: string) => string,
): DocumentFragment {
	const fragment = document.createDocumentFragment();
	if (text.length <= pieceChars) {
		fragment.append(show(text));
		return fragment;
	}
	for (let from = 0; from < text.length; ) {
		const to = pieceEnd(text, from);
		fragment.append(
			element("div", { class: "piece" }, show(text.slice(from, to))),
		);
		from = to;
	}
	return fragment;
}

/** After the last complete line that fits; never inside of a surrogate pair. */
function pieceEnd(text: string, from: number): number {
	const limit = from + pieceChars;
	if (limit >= text.length) return text.length;
	const lineEnd = text.lastIndexOf("\n", limit - 1) + 1;
	if (lineEnd > from) return lineEnd;
	const isHalf = /[\ud800-\udbff]/.test(text.charAt(limit - 1));
	return isHalf ? limit - 1 : limit;
}
