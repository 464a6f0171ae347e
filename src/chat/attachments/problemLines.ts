/** Formats the editor's diagnostics for a prompt. */

export interface Problem {
	/** Relative to the workspace. */
	readonly path: string;
	/** Counted from 0. */
	readonly line: number;
	readonly severity: "error" | "warning" | "info" | "hint";
	readonly message: string;
}

const severities = ["error", "warning", "info", "hint"] as const;

export interface ProblemLines {
	/** One line per problem: path, line, severity, message. */
	readonly text: string;
	readonly shownCount: number;
}

/** Sorted by severity, path and line. */
export function problemLines(
	problems: readonly Problem[],
	maxLines: number,
): ProblemLines {
	const shown = problems
		.toSorted(
			(first, second) =>
				severities.indexOf(first.severity) -
					severities.indexOf(second.severity) ||
				compare(first.path, second.path) ||
				first.line - second.line,
		)
		.slice(0, maxLines);
	const text = shown
		.map(
			({ path, line, severity, message }) =>
				`${path}:${line + 1} ${severity} ${oneLine(message)}`,
		)
		.join("\n");
	return { text, shownCount: shown.length };
}

function oneLine(message: string): string {
	return message
		.split(/[\r\n]+/)
		.map((line) => line.trim())
		.filter((line) => line !== "")
		.join(" ");
}

function compare(first: string, second: string): number {
	return first < second ? -1 : first > second ? 1 : 0;
}
