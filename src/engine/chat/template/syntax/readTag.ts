/** Reads the tokens between the braces of a tag. */

import { TemplateError } from "../values/value.ts";
import type { Token } from "./token.ts";

const ends = {
	block: /(?:\+%\}|-%\}\s*|%\}\n?)/y,
	output: /(?:-\}\}\s*|\}\})/y,
};

const space = /\s+/y;
const patterns: readonly (readonly [kind: Token["kind"], pattern: RegExp])[] = [
	["float", /(?<!\.)\d[\d_]*(?:(?:\.\d[\d_]*)?[eE][+-]?\d[\d_]*|\.\d[\d_]*)/y],
	[
		"integer",
		/0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|\d[\d_]*/y,
	],
	["name", /[\p{L}\p{N}\p{M}_]+/uy],
	["string", /'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"/sy],
	["operator", /\/\/|\*\*|[=!<>]=|[-+/*%~[\](){}<>=.:|,;]/y],
];

const closers: Readonly<Record<string, string>> = {
	"(": ")",
	"[": "]",
	"{": "}",
};

/** @returns where the template goes on behind the tag. */
export function readTag(
	text: string,
	start: number,
	kind: "block" | "output",
	startLine: number,
	tokens: Token[],
): number {
	let at = start;
	let line = startLine;
	const open: string[] = [];
	while (at < text.length) {
		const end = open.length === 0 ? matchAt(ends[kind], text, at) : undefined;
		if (end !== undefined) {
			tokens.push({ kind: `${kind}End`, text: "", line });
			return at + end.length;
		}
		const gap = matchAt(space, text, at);
		if (gap !== undefined) {
			line += gap.split("\n").length - 1;
			at += gap.length;
			continue;
		}
		const token = tokenAt(text, at, line);
		balance(open, token);
		line += token.text.split("\n").length - 1;
		at += token.text.length;
		tokens.push(
			token.kind === "string"
				? { ...token, text: unescaped(token.text.slice(1, -1)) }
				: token,
		);
	}
	throw new TemplateError(`a tag is not closed (line ${startLine})`);
}

function matchAt(
	pattern: RegExp,
	text: string,
	at: number,
): string | undefined {
	pattern.lastIndex = at;
	return pattern.exec(text)?.[0];
}

function tokenAt(text: string, at: number, line: number): Token {
	for (const [kind, pattern] of patterns) {
		const found = matchAt(pattern, text, at);
		if (found !== undefined) return { kind, text: found, line };
	}
	throw new TemplateError(`unexpected ${text.charAt(at)} (line ${line})`);
}

/** Inside of brackets the end of a tag is not looked for: `}}` may close two dictionaries. */
function balance(open: string[], { kind, text, line }: Token): void {
	if (kind !== "operator") return;
	const closer = closers[text];
	if (closer !== undefined) open.push(closer);
	else if (text === ")" || text === "]" || text === "}")
		if (open.pop() !== text)
			throw new TemplateError(`unexpected ${text} (line ${line})`);
}

const escapes: Readonly<Record<string, string>> = {
	n: "\n",
	t: "\t",
	r: "\r",
	b: "\b",
	f: "\f",
	v: "\v",
	a: "\x07",
	"\n": "",
};

/** Python keeps the backslash of an escape that it does not know. */
function unescaped(text: string): string {
	return text.replace(
		/\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|(.))/gs,
		(whole, x, u, long, octal, other: string | undefined) => {
			const hex = x ?? u ?? long;
			if (hex !== undefined) return characterOf(Number.parseInt(hex, 16));
			if (octal !== undefined) return characterOf(Number.parseInt(octal, 8));
			if (other === undefined) return whole;
			return /['"\\]/.test(other) ? other : (escapes[other] ?? whole);
		},
	);
}

function characterOf(code: number): string {
	if (code > 0x10ffff) throw new TemplateError("there is no such character");
	return String.fromCodePoint(code);
}
