/** Whether a cursor is at the start of a body: nothing but comments or a docstring between it and what opens the body. */

import { opensBody } from "../text/languageSyntax.ts";
import { isComment, isString, isSubstitution } from "./nodes.ts";
import type { SyntaxNode } from "./syntaxPort.ts";

/** @param offset of the cursor in the text. */
export function isAtBodyStart(
	root: SyntaxNode,
	text: string,
	offset: number,
	languageId: string,
): boolean {
	if (isInText(root, text, offset)) return false;
	const end = codeEnd(root, text, offset);
	const between = text.slice(end, offset);
	// A comment on the cursor's own line is followed by its line end, and comments at the start of a file by anything.
	if (between.trim() !== "" && (end === 0 || !isBlank(lastLine(between))))
		return false;
	if (end === 0) return true;
	const line = lastLine(text.slice(0, end));
	if (!opensBody(line, languageId)) return false;
	return (
		languageId !== "python" ||
		!line.endsWith(":") ||
		isHeader(root.descendantForIndex(end - 1, end)?.parent, line)
	);
}

/** In Python a colon also ends the name of an argument, a key or the start of a slice. */
function isHeader(node: SyntaxNode | null | undefined, line: string): boolean {
	return (
		(node && /_(?:definition|statement|clause)$/.test(node.type)) ||
		/^\s*(?:async\s+)?(?:def|class|if|elif|else|for|while|try|except|finally|with|match|case)\b/.test(
			line,
		)
	);
}

/** In a string or a comment. */
function isInText(root: SyntaxNode, text: string, offset: number): boolean {
	if (offset === 0) return false;
	for (
		let node = root.descendantForIndex(offset - 1, offset);
		node && !isSubstitution(node);
		node = node.parent
	) {
		if (node.startIndex >= offset) continue;
		if (isComment(node) && isCursorIn(node, text, offset)) return true;
		if (isString(node) && offset < node.endIndex) return true;
	}
	return false;
}

/** At the end of a line comment, the cursor is still in it. */
function isCursorIn(
	{ startIndex, endIndex }: SyntaxNode,
	text: string,
	offset: number,
): boolean {
	if (offset !== endIndex) return offset < endIndex;
	// Some grammars count the line end to the comment.
	return !/(?:\*\/|\n)$/.test(text.slice(startIndex, endIndex));
}

/** The end of the last code before the offset that is no comment, docstring or white space. */
function codeEnd(root: SyntaxNode, text: string, offset: number): number {
	let end = offset;
	for (;;) {
		end = text.slice(0, end).trimEnd().length;
		const start = end > 0 && remarkStart(root, end, offset);
		if (typeof start !== "number") return end;
		end = start;
	}
}

/** The start of the comment or docstring that ends here. */
function remarkStart(
	root: SyntaxNode,
	end: number,
	offset: number,
): number | undefined {
	for (
		let node = root.descendantForIndex(end - 1, end);
		node;
		node = node.parent
	)
		if (
			node.startIndex < end &&
			node.endIndex <= offset &&
			(isComment(node) || isDocstring(node))
		)
			return node.startIndex;
	return undefined;
}

/** The first statement of a body, and a string. */
function isDocstring(node: SyntaxNode): boolean {
	return (
		node.type === "expression_statement" &&
		node.firstNamedChild?.type === "string" &&
		node.parent?.type === "block" &&
		node.previousNamedSibling === null
	);
}

function lastLine(text: string): string {
	return text.slice(text.lastIndexOf("\n") + 1);
}

function isBlank(text: string): boolean {
	return text.trim() === "";
}
