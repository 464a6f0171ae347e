/** The syntax around the cursor of a document. */

import type { DocumentContext } from "../text/documentContext.ts";
import { CursorSyntax } from "./cursorSyntax.ts";
import type { SyntaxPort } from "./syntaxPort.ts";

export function syntaxAt(
	port: SyntaxPort,
	languageId: string,
	{ prefixBlocks, line, suffix }: DocumentContext,
): CursorSyntax {
	return new CursorSyntax(port, {
		languageId,
		before: prefixBlocks.join("") + line,
		after: suffix,
	});
}
