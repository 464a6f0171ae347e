/** Documents in tests are written with a cursor in them: `foo(█)`. */

import type { DocumentSnapshot } from "../../src/completion/text/documentContext.ts";

const mark = "█";

export function at(
	text: string,
	{
		uri = "file:///a.ts",
		version = 1,
		languageId = "typescript",
		indentation = { insertSpaces: false, tabSize: 4 },
	} = {},
): DocumentSnapshot {
	const offset = text.indexOf(mark);
	if (offset < 0 || text.indexOf(mark, offset + 1) >= 0)
		throw new Error(`exactly one ${mark} belongs into ${JSON.stringify(text)}`);
	return {
		uri,
		path: "src/a.ts",
		languageId,
		indentation,
		version,
		text: text.slice(0, offset) + text.slice(offset + mark.length),
		offset,
	};
}
