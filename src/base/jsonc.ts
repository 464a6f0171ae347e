/** Parses JSON with comments and trailing commas, as in the settings of VS Code. */

/** A comment, or a string, whose content stays. A string that nothing closes is one too: else each quote in it would be tried as an opening. */
const piece = /"(?:[^"\\\n]|\\.)*"?|\/\/[^\n\r]*|\/\*[\s\S]*?(?:\*\/|$)/g;
const trailingComma = /("(?:[^"\\\n]|\\.)*"?)|,(?=\s*[}\]])/g;

/** Throws like `JSON.parse`. */
export function parseJsonc(text: string): unknown {
	const withoutMark = text.replace(/^\uFEFF/, "");
	const bare = withoutMark.replace(piece, (it) => (it[0] === '"' ? it : " "));
	return JSON.parse(
		bare.replace(trailingComma, (_, string?: string) => string ?? ""),
	);
}
