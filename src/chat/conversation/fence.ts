/** Puts text between fences that nothing in it can close. */

/** At least as long as Markdown asks for, and longer than any run of backticks in the text. */
export function fenced(text: string, info: string): string {
	const longest = (text.match(/`{3,}/g) ?? []).reduce(
		(most, run) => Math.max(most, run.length),
		2,
	);
	const fence = "`".repeat(longest + 1);
	const end = text === "" || text.endsWith("\n") ? "" : "\n";
	return `${fence}${info}\n${text}${end}${fence}`;
}
