/** Finds functions, classes and other constructs by their first line and their indentation, in any language. */

import { indentOf } from "../../workspace/indentation.ts";
import { isBlank } from "./blockIndentation.ts";

export interface LineRange {
	readonly start: number;
	/** Exclusive. */
	readonly end: number;
}

/** Comments and decorators, which belong to the construct below them. */
const annotation = /^\s*(?:\/\/|\/\*|\*|@|#\[|# |--|'''|""")/;
const closer = /^\s*(?:[)\]}>]|end\b|<\/)/;
const brace = /^\s*\{\s*$/;
/** A closing line that opens the next part, such as `} else {`. */
const opensAgain = /[{([:]\s*$/;

const keyword =
	/\b(?:function\*?|class|def|fn|func|fun|interface|struct|type|enum|const|let|var|val|module|namespace|impl|trait|record|sub|void)\s+(?:\([^()]*\)\s*)?([\p{L}_$][\p{L}\p{N}_$]*)/u;
/** Without a keyword: `name(` after types and modifiers. */
const method =
	/^[^"'`=(.]*?(?<![\p{L}\p{N}_$#~])([#~]?[\p{L}_$][\p{L}\p{N}_$]*)\s*\((?!.*=>)[^"'`]*[{(,:]\s*$/u;
const noName = new Set(
	"if for while switch catch with elif match return do else try".split(" "),
);

/** Bounds the backtracking of the patterns; no declaration is longer. */
const maxHeadLength = 300;

/** The index of the declaring line; undefined if the code is several constructs, or a single line. */
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

/** The first line of the last construct; more telling than the last line, which may be a brace. */
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

/** The range of the construct that begins at `head`, by its indentation. */
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

/** Extends the range by the comments and decorators directly above. */
export function withAnnotations(
	lines: readonly string[],
	{ start, end }: LineRange,
): LineRange {
	let first = start;
	while (first > 0 && annotation.test(lines[first - 1] ?? "")) first--;
	return { start: first, end };
}

/** The name that a line declares; undefined for other lines, such as calls. */
export function declaredName(line: string): string | undefined {
	if (line.length > maxHeadLength) return undefined;
	const name = keyword.exec(line)?.[1] ?? method.exec(line)?.[1];
	return name !== undefined && !noName.has(name) ? name : undefined;
}

/** Whether two lines may both be the last line of the same construct. */
export function endsLike(first: string, second: string): boolean {
	return closer.test(first) || closer.test(second)
		? first.trim() === second.trim()
		: true;
}
