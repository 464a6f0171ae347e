/** Splits a template into text and tags, with the whitespace control that chat templates are written for: `trim_blocks` and `lstrip_blocks`. */

import { TemplateError } from "../values/value.ts";
import { isSpace, strip } from "../values/whitespace.ts";
import { readTag } from "./readTag.ts";
import type { Token } from "./token.ts";

const opening = /\{%[-+]?\s*raw\s*(?:-%\}\s*|%\})|\{[%{#][-+]?/g;
const rawEnd = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)/g;
const commentEnd = /\+#\}|-#\}\s*|#\}\n?/g;

/** @returns the tokens and an end. */
export function tokenize(source: string): readonly Token[] {
	const text = source.replace(/\r\n?/g, "\n").replace(/\n$/, "");
	const tokens: Token[] = [];
	let at = 0;
	let line = 1;
	/** Whether only whitespace precedes in the line. */
	let startsLine = true;
	const advance = (end: number): void => {
		for (let i = at; i < end; i++) if (text.charCodeAt(i) === 10) line++;
		startsLine = text.charAt(end - 1) === "\n";
		at = end;
	};
	const find = (pattern: RegExp, what: string): RegExpExecArray => {
		pattern.lastIndex = at;
		const found = pattern.exec(text);
		if (!found) throw new TemplateError(`${what} is not closed (line ${line})`);
		return found;
	};
	const pushText = (end: number, tag: string): void => {
		const before = textBefore(text.slice(at, end), tag, startsLine);
		if (before !== "") tokens.push({ kind: "text", text: before, line });
		advance(end);
	};
	while (at < text.length) {
		opening.lastIndex = at;
		const found = opening.exec(text);
		if (!found) {
			tokens.push({ kind: "text", text: text.slice(at), line });
			break;
		}
		const [tag] = found;
		pushText(found.index, tag);
		if (tag.startsWith("{#")) {
			advance(at + tag.length);
			const end = find(commentEnd, "a comment");
			advance(end.index + end[0].length);
		} else if (/raw/.test(tag)) {
			advance(at + tag.length);
			const end = find(rawEnd, "a raw block");
			pushText(end.index, `{%${end[1]}`);
			advance(at + end[0].length);
		} else {
			const isBlock = tag.startsWith("{%");
			const kind = isBlock ? "block" : "output";
			tokens.push({ kind, text: "", line });
			const start = at + tag.length;
			const end = readTag(text, start, kind, line, tokens);
			advance(end);
		}
	}
	return [...tokens, { kind: "end", text: "", line }];
}

/** The text before a tag, without the whitespace that the tag removes. */
function textBefore(text: string, tag: string, startsLine: boolean): string {
	// In `{%- raw` the sign is followed by more.
	const sign = tag.charAt(2);
	if (sign === "-") return strip(text, "right");
	if (sign === "+" || tag.startsWith("{{")) return text;
	const lineStart = text.lastIndexOf("\n") + 1;
	const isIndented =
		(lineStart > 0 || startsLine) && isSpace(text.slice(lineStart));
	return isIndented ? text.slice(0, lineStart) : text;
}
