/** Text as it is. A long one goes into pieces of which the browser lays out only those in sight. */

import { element } from "../chat/dom.ts";

/** Characters. */
const pieceLength = 4_000;

/** @param show makes hidden characters visible. */
export function plainText(
	text: string,
	show: (text: string) => string,
): DocumentFragment {
	const fragment = document.createDocumentFragment();
	if (text.length <= pieceLength) {
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

/** Behind the last line that has room; never between the halves of a character. */
function pieceEnd(text: string, from: number): number {
	const limit = from + pieceLength;
	if (limit >= text.length) return text.length;
	const lineEnd = text.lastIndexOf("\n", limit - 1) + 1;
	if (lineEnd > from) return lineEnd;
	const isHalf = /[\ud800-\udbff]/.test(text.charAt(limit - 1));
	return isHalf ? limit - 1 : limit;
}
