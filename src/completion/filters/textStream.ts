/** Helpers for filters over a stream of text. Suggestions are short: a filter may scan the whole text with each chunk. */

export type TextStream = AsyncIterable<string>;

/** The number of characters that can be passed on, and whether the text ends there. */
export interface Settled {
	readonly length: number;
	readonly isEnd: boolean;
}

/** Passes on the settled part of the text so far, and buffers the rest until it is settled or the text ends. */
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
 * Buffers the beginning of the text until `settle` decides what becomes of it, and passes on the rest.
 *
 * @param settle returns the replacement for the beginning, or undefined to wait for more. Called a last time with `isWhole` if the text
 * ends first.
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

/** Splits a stream into characters, so that the filters do not depend on how the engine splits it. */
export async function* byCharacter(chunks: TextStream): AsyncGenerator<string> {
	for await (const chunk of chunks) yield* chunk;
}

/**
 * Splits a stream before its line ends, so that a text that is cut before a line has no line end left over. Drops white space after the
 * last line.
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

/** The line in a piece of `byLine`. */
export function lineOf(piece: string): string {
	return piece.startsWith("\n") ? piece.slice(1) : piece;
}
