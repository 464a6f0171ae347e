/** How rules take a stream apart. A suggestion is short: a rule may look at all of it with each piece that comes. */

export type TextStream = AsyncIterable<string>;

/** As many characters of a text as are settled, and whether it ends there. */
export interface Settled {
	readonly length: number;
	readonly isEnd: boolean;
}

/** Passes on what is settled of the text so far; what is not is held back until it is, or until the text ends. */
export async function* until(
	chunks: TextStream,
	settle: (text: string) => Settled,
): AsyncGenerator<string> {
	let text = "";
	let given = 0;
	for await (const chunk of chunks) {
		text += chunk;
		const { length, isEnd } = settle(text);
		if (length > given) yield text.slice(given, length);
		given = Math.max(given, length);
		if (isEnd) return;
	}
	if (given < text.length) yield text.slice(given);
}

/**
 * Holds the beginning of the text back until it is known what to make of it, and passes on the rest.
 *
 * @param settle what the beginning becomes; undefined to wait for more of it. Called once more where the text ends first.
 */
export async function* withHead(
	chunks: TextStream,
	settle: (head: string, isWhole: boolean) => string | undefined,
): AsyncGenerator<string> {
	let head = "";
	let isSettled = false;
	for await (const chunk of chunks) {
		if (isSettled) {
			yield chunk;
			continue;
		}
		head += chunk;
		const settled = settle(head, false);
		if (settled === undefined) continue;
		isSettled = true;
		if (settled !== "") yield settled;
	}
	if (!isSettled) yield settle(head, true) ?? head;
}

/** Re-cuts a stream so that what the rules make of it does not depend on how the engine cuts it. */
export async function* byCharacter(chunks: TextStream): AsyncGenerator<string> {
	for await (const chunk of chunks) yield* chunk;
}

/**
 * Re-cuts a stream before its line ends: a text that ends before a line has no line end left over. White space behind the last line
 * is no line.
 */
export async function* byLine(chunks: TextStream): AsyncGenerator<string> {
	let line = "";
	let hasText = false;
	for await (const chunk of chunks) {
		line += chunk;
		for (;;) {
			const end = line.indexOf("\n", 1);
			if (end < 0) break;
			const whole = line.slice(0, end);
			hasText ||= whole.trim() !== "";
			yield whole;
			line = line.slice(end);
		}
	}
	if (line.trim() !== "" || !hasText) yield line;
}

/** What a piece of `byLine` has on its line. */
export function lineOf(piece: string): string {
	return piece.startsWith("\n") ? piece.slice(1) : piece;
}
