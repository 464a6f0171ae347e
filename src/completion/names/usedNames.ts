/**
 * The names that a suggestion uses and does not declare itself, outside of strings and comments. An approximation for languages with
 * brackets; where in doubt, a name counts as declared.
 */

import { CodeScanner } from "../text/codeScanner.ts";
import { type Token, tokensOf } from "./tokens.ts";

export interface UsedName {
	readonly name: string;
	/** Where it starts in the suggestion; negative where its beginning was typed already. */
	readonly start: number;
	/** After a dot: a member of what stands before it. */
	readonly isMember: boolean;
	/** `#name`, which stands in its class as such. */
	readonly isPrivate: boolean;
}

/** A longer line is data. */
const maxLineChars = 2000;
/** Shorter names are loop variables, type parameters and the like. */
const minChars = 3;

const declaring = new Set(
	"const let var function class interface type enum def namespace module import from global nonlocal infer readonly private protected public static override abstract declare get set async".split(
		" ",
	),
);
/** What stands before the name of a parameter; else, it is part of a type or a default. */
const beginsParameter = /^(?:[(,{[*\n]|\.\.\.)$/;
/** Brackets after these hold no parameters. */
const control = new Set(
	"if for while switch catch with return elif and or not in".split(" "),
);
const importLine = /^\s*(?:import|from|export\b.*\bfrom)\b/;
const inNames = /[\s\p{L}\p{N}_$,*]/u;

/** @param lineBefore the current line up to the cursor. */
export function usedNames(
	suggestion: string,
	lineBefore: string,
	languageId: string,
): UsedName[] {
	if (lineBefore.length > maxLineChars) return [];
	if (!new CodeScanner(languageId, lineBefore).isAtTop) return [];
	const text = lineBefore + suggestion;
	const tokens = tokensOf(text, languageId);
	const declared = declaredNames(tokens, text, languageId);
	return tokens.flatMap((token, index) => {
		const { text: name, kind, end } = token;
		if (kind !== "name" || end <= lineBefore.length || name.length < minChars)
			return [];
		const isMember = isDot(tokens[index - 1]);
		// What is assigned to may be new.
		if (isMember ? tokens[index + 1]?.text === "=" : declared.has(name))
			return [];
		const start = token.start - lineBefore.length;
		return [{ name, start, isMember, isPrivate: token.isPrivate }];
	});
}

function declaredNames(
	tokens: readonly Token[],
	text: string,
	languageId: string,
): ReadonlySet<string> {
	const declared = new Set<string>();
	const add = (token: Token | undefined): void => {
		if (token?.kind === "name") declared.add(token.text);
	};
	const addAll = (from: number, to: number): void => {
		for (const it of tokens.slice(from, to)) add(it);
	};
	for (const [index, token] of tokens.entries()) {
		const before = tokens[index - 1];
		if (token.kind === "name" && !isDot(before)) {
			// A generator has a star between.
			const declarer = before?.text === "*" ? tokens[index - 2] : before;
			const keyword = declarer?.kind === "name" ? declarer.text : "";
			if (
				declaring.has(keyword) ||
				(languageId === "python" && keyword === "as") ||
				isKey(tokens, index, languageId)
			)
				add(token);
			// Names of `const { a, b } =`, `for x, y in`, `lambda x, y:`.
			if (/^(?:const|let|var)$/.test(token.text))
				addAll(index + 1, patternEnd(tokens, index + 1));
			else if (languageId === "python" && token.text === "for")
				addAll(index + 1, next(tokens, index, ["in"]));
			else if (languageId === "python" && token.text === "lambda")
				addAll(index + 1, next(tokens, index, [":"]));
		}
		if (token.text === "=>")
			addAll(
				before?.text === ")" ? opening(tokens, index - 1) : index - 1,
				index,
			);
		if (token.text === "(" && isParameterList(tokens, index)) {
			add(before);
			for (let at = index + 1; at < closing(tokens, index); at++)
				if (beginsParameter.test(tokens[at - 1]?.text ?? "")) add(tokens[at]);
		}
	}
	for (const line of text.split("\n"))
		if (importLine.test(line))
			for (const [name] of line.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu))
				declared.add(name);
		else if (!/^\s*(?:if|while|return|for)\b/.test(line)) {
			for (const [name] of assigned(line).matchAll(
				/[\p{L}_$][\p{L}\p{N}_$]*/gu,
			))
				declared.add(name);
		}
	return declared;
}

/** The left side of an assignment to names, or to a tuple or list of them, with their type; empty where there is none. */
function assigned(line: string): string {
	let at = line.length - line.trimStart().length;
	if ("([".includes(line[at] || "-")) at++;
	while (inNames.test(line[at] ?? "")) at++;
	if (")]".includes(line[at] || "-")) at++;
	while (line[at]?.trim() === "") at++;
	if (line[at] === ":") at = line.indexOf("=", at);
	return line[at] === "=" && !"=>".includes(line[at + 1] || "-")
		? line.slice(0, at)
		: "";
}

/** Of a function or method: `function f(a)`, `def f(a)`, `f(a) {`, `f(a): T`, `catch (e) {`. */
function isParameterList(tokens: readonly Token[], open: number): boolean {
	const name = tokens[open - 1];
	if (name?.text === "catch" || name?.text === "function") return true;
	if (name?.kind !== "name" || control.has(name.text)) return false;
	const beforeName = tokens[open - 2]?.text ?? "";
	if (/^(?:function|def|func|fn)$/.test(beforeName)) return true;
	const behind = tokens[closing(tokens, open) + 1]?.text;
	return (
		behind === "{" || (behind === ":" && /^(?:\n|[a-z]+|)$/.test(beforeName))
	);
}

/** A key, a label, a parameter with its type or default, or what is assigned to. */
function isKey(
	tokens: readonly Token[],
	index: number,
	languageId: string,
): boolean {
	const after = tokens[index + 1]?.text;
	if (after === "?" && tokens[index + 2]?.text === ":") return true;
	if (after !== ":" && after !== "=") return false;
	// A type, or the second of three parts: `a: type = 1`, `a ? b : c`.
	if (/^[?:]$/.test(tokens[index - 1]?.text ?? "")) return false;
	if (languageId !== "python") return true;
	// In Python `if name:` uses the name, and `{name: 1}` does so too.
	const isFirst =
		tokens[index - 1] === undefined || tokens[index - 1]?.text === "\n";
	return after === "=" || isFirst || opensParameters(tokens, index);
}

/** Whether the innermost open bracket is a round one. */
function opensParameters(tokens: readonly Token[], index: number): boolean {
	let depth = 0;
	for (let at = index - 1; at >= 0; at--) {
		const { text } = tokens[at] ?? { text: "" };
		if (")]}".includes(text)) depth++;
		else if ("([{".includes(text) && depth-- === 0) return text === "(";
	}
	return false;
}

function isDot(token: Token | undefined): boolean {
	return token?.text === "." || token?.text === "?.";
}

function next(
	tokens: readonly Token[],
	from: number,
	texts: readonly string[],
): number {
	const at = tokens.findIndex(
		(it, index) =>
			index > from && (texts.includes(it.text) || it.text === "\n"),
	);
	return at < 0 ? tokens.length : at;
}

/** Where the names of a declaration end: at the bracket that closes them, or at what follows the name. */
function patternEnd(tokens: readonly Token[], from: number): number {
	let depth = 0;
	for (let at = from; at < tokens.length; at++) {
		const { text } = tokens[at] ?? { text: "" };
		if ("[{".includes(text)) depth++;
		else if ("]}".includes(text)) depth--;
		if (depth <= 0) return at + 1;
	}
	return tokens.length;
}

function closing(tokens: readonly Token[], open: number): number {
	let depth = 0;
	for (let at = open; at < tokens.length; at++) {
		if (tokens[at]?.text === "(") depth++;
		if (tokens[at]?.text === ")" && --depth === 0) return at;
	}
	return tokens.length;
}

function opening(tokens: readonly Token[], close: number): number {
	let depth = 0;
	for (let at = close; at >= 0; at--) {
		if (tokens[at]?.text === ")") depth++;
		if (tokens[at]?.text === "(" && --depth === 0) return at;
	}
	return 0;
}
