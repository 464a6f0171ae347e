/** Puts text into a fenced code block of Markdown that no line of the text can close. */

/** The fence has at least three backticks, and more than any run of them in the text. @param info the info string behind the fence. */
export function inCodeFence(text: string, info: string): string {
	const longest = (text.match(/`{3,}/g) ?? []).reduce(
		(max, run) => Math.max(max, run.length),
		2,
	);
	const fence = "`".repeat(longest + 1);
	const end = text === "" || text.endsWith("\n") ? "" : "\n";
	return `${fence}${info}\n${text}${end}${fence}`;
}
