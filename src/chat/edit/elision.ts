/** Detects placeholders for code that the model left out. */

import { isBlank } from "./blockIndentation.ts";

const commentStart = /^\s*(?:\/\/|\/\*|#|--|;|%|<!--|\{\s*\/\*)\s*/;
const elisionWords =
	/\brest of (?:the |your |this )?(?:\w+ )?(?:code|file|function|class|method|implementation|imports)\b|\b(?:existing|previous|unchanged) code\b|\b(?:remains?|stays?) (?:the same|unchanged)\b/i;

/** The first placeholder, such as `// ... existing code ...`, that is not a line of the file. */
export function elidedLine(
	block: readonly string[],
	lines: readonly string[],
): string | undefined {
	const known = new Set(lines.map((line) => line.trim()));
	return block
		.filter((line) => !isBlank(line) && !known.has(line.trim()))
		.find((line) => {
			const start = commentStart.exec(line)?.[0];
			if (start === undefined) return line.trim() === "…";
			const rest = line.slice(start.length);
			return /^(?:\.{3}|…)/.test(rest) || elisionWords.test(rest);
		})
		?.trim();
}
