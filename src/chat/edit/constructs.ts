/** Finds the functions, classes and other constructs of a file by their first line and their indentation, as a reader would. */

import { indentOf, isBlank } from "./blockIndentation.ts";

export interface LineRange {
	readonly start: number;
	/** The line behind the last one. */
	readonly end: number;
}

/** Comments and decorators, which belong to what is below them. */
const annotation = /^\s*(?:\/\/|\/\*|\*|@|#\[|# |--|'''|""")/;
const closer = /^\s*(?:[)\]}>]|end\b|<\/)/;
const brace = /^\s*\{\s*$/;
/** A closing line that opens the next part, such as `} else {`. */
const opensAgain = /[{([:]\s*$/;

const keyword =
	/\b(?:function\*?|class|def|fn|func|fun|interface|struct|type|enum|const|let|var|val|module|namespace|impl|trait|record|sub|void)\s+(?:\([^)]*\)\s*)?([\p{L}_$][\p{L}\p{N}_$]*)/u;
/** Without a keyword: `name(`, with types and modifiers before it. */
const method =
	/^[^"'`=(.]*?(?<![\p{L}\p{N}_$#~])([#~]?[\p{L}_$][\p{L}\p{N}_$]*)\s*\((?!.*=>)[^"'`]*[{(,:]\s*$/u;
const noName = new Set(
	"if for while switch catch with elif match return do else try".split(" "),
);

/** Nobody writes a longer one, and the patterns look at a line more than once. */
const maxHeadLength = 300;

/** The line that says what the code is; undefined where the code is more than one construct, or a single line. */
export function headOf(code: readonly string[]): number | undefined {
	const head = code.findIndex(
		(line) => !isBlank(line) && !annotation.test(line),
	);
	const first = code[head];
	if (first === undefined) return undefined;
	const { end } = constructAt(code, head);
	const isWhole = code.slice(end).every(isBlank);
	return isWhole && end > head + 1 ? head : undefined;
}

/** The first line of the last construct: the line with which code ends says little where it is a brace. */
export function lastHead(code: readonly string[]): string | undefined {
	const depth = indentOf(code[0] ?? "").length;
	return code
		.findLast(
			(line) =>
				!isBlank(line) &&
				indentOf(line).length <= depth &&
				!closer.test(line) &&
				!brace.test(line),
		)
		?.trim();
}

/** From its first line to its last, by their indentation. */
export function constructAt(lines: readonly string[], head: number): LineRange {
	const depth = indentOf(lines[head] ?? "").length;
	let end = head + 1;
	for (let index = head + 1; index < lines.length; index++) {
		const line = lines[index] ?? "";
		if (isBlank(line)) continue;
		const own = indentOf(line).length;
		const isPart =
			own > depth || (own === depth && (closer.test(line) || brace.test(line)));
		if (!isPart) break;
		end = index + 1;
		if (own === depth && closer.test(line) && !opensAgain.test(line)) break;
	}
	return { start: head, end };
}

/** With the comments and decorators directly above. */
export function withAnnotations(
	lines: readonly string[],
	{ start, end }: LineRange,
): LineRange {
	let first = start;
	while (first > 0 && annotation.test(lines[first - 1] ?? "")) first--;
	return { start: first, end };
}

/** What a line declares; undefined for what is no declaration, such as a call. */
export function declaredName(line: string): string | undefined {
	if (line.length > maxHeadLength) return undefined;
	const name = keyword.exec(line)?.[1] ?? method.exec(line)?.[1];
	return name !== undefined && !noName.has(name) ? name : undefined;
}

/** Whether the last lines of two constructs may be of the same one. */
export function endsLike(first: string, second: string): boolean {
	return closer.test(first) || closer.test(second)
		? first.trim() === second.trim()
		: true;
}
