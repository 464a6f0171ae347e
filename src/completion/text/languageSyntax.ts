/** What the filters know about languages, by the language ids of VS Code. An unknown language is treated as one with braces. */

import { languageText } from "./stringSyntax.ts";

const offSide = new Set([
	"python",
	"yaml",
	"dockercompose",
	"makefile",
	"nim",
	"gdscript",
]);
const endKeyword = new Set(["ruby", "lua", "elixir", "crystal", "julia"]);
/** Text in which fences, unpaired brackets and apostrophes are normal. */
export function isProse(languageId: string): boolean {
	return languageText(languageId).prose === "all";
}

/** Whether indentation alone ends a body. */
export function isOffSide(languageId: string): boolean {
	return offSide.has(languageId);
}

export function isMarkup(languageId: string): boolean {
	return languageText(languageId).prose === "tags";
}

/** The marker of a line comment; empty where the language has none. */
export function lineComment(languageId: string): string {
	return languageText(languageId).lineComments[0] ?? "";
}

export function isCommentLine(line: string, languageId: string): boolean {
	const text = line.trimStart();
	return languageText(languageId).lineComments.some((it) =>
		text.startsWith(it),
	);
}

const opensBraces = /(?:[{([]|=>)\s*$/;
const opensCase = /^\s*(?:case\b.*|default\s*):\s*$/;
const opensKeyword =
	/(?:\b(?:do|then|else|begin|repeat)(?:\s*\|[^|]*\|)?|->)\s*$|^\s*(?:def|class|module|if|unless|while|until|case|function|local function)\b(?!.*\bend\b)/;
const opensShell = /\b(?:do|then|else|in)\s*$/;
const opensTag =
	/<(?!area|base|br|col|hr|img|input|link|meta)[A-Za-z][^<>]*(?<!\/)>\s*$/;

/** Whether a line opens a body: it ends with a bracket, an arrow, a colon in Python, `do`, or an opening tag. */
export function opensBody(line: string, languageId: string): boolean {
	if (isCommentLine(line, languageId)) return false;
	if (opensBraces.test(line)) return true;
	if (offSide.has(languageId)) return /:\s*$/.test(line);
	if (endKeyword.has(languageId)) return opensKeyword.test(line);
	if (languageId === "shellscript") return opensShell.test(line);
	if (isMarkup(languageId)) return opensTag.test(line);
	return opensCase.test(line);
}

/** Whether a line starts with the end of a body. */
export function closesBody(line: string, languageId: string): boolean {
	if (/^\s*[)\]}]/.test(line)) return true;
	if (endKeyword.has(languageId)) return /^\s*end\b/.test(line);
	if (languageId === "shellscript")
		return /^\s*(?:fi|done|esac|;;)(?!\w)/.test(line);
	return isMarkup(languageId) && /^\s*<\//.test(line);
}

/** Whether a line only closes bodies: such lines often repeat. */
export function isClosingLine(line: string, languageId: string): boolean {
	const rest = line.trim();
	return (
		closesBody(line, languageId) &&
		/^(?:[)\]}][)\]};,\s]*|end|fi|done|esac|;;|<\/[\w:.-]+>)$/.test(rest)
	);
}
