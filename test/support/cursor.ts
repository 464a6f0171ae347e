/** Documents in tests are written with a marker for the cursor: `foo(█)`. */

import type { DocumentSnapshot } from "../../src/completion/text/documentContext.ts";

const cursorMarker = "█";

export function at(
	text: string,
	{
		uri = "file:///a.ts",
		version = 1,
		languageId = "typescript",
		indentation = { insertSpaces: false, tabSize: 4 },
	} = {},
): DocumentSnapshot {
	const offset = text.indexOf(cursorMarker);
	if (offset < 0 || text.indexOf(cursorMarker, offset + 1) >= 0)
		throw new Error(
			`expected exactly one ${cursorMarker} in ${JSON.stringify(text)}`,
		);
	return {
		uri,
		path: "src/a.ts",
		languageId,
		indentation,
		version,
		text: text.slice(0, offset) + text.slice(offset + cursorMarker.length),
		offset,
	};
}
