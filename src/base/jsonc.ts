/** JSON as the files of VS Code have it: with comments, and with commas behind the last item. */

/** What is left out, or a string, in which nothing is. */
const piece = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n\r]*|\/\*[\s\S]*?(?:\*\/|$)/g;
const trailingComma = /("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])/g;

/** Throws what `JSON.parse` throws. */
export function parseJsonc(text: string): unknown {
	const withoutMark = text.replace(/^\uFEFF/, "");
	const bare = withoutMark.replace(piece, (it) => (it[0] === '"' ? it : " "));
	return JSON.parse(
		bare.replace(trailingComma, (_, string?: string) => string ?? ""),
	);
}
