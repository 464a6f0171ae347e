/**
 * Tokenizes long texts of a chat in slices, so that completions run in between.
 *
 * Invariant: the slices of a text depend on the text alone. So it always has the same tokens, whoever asks for them.
 */

import { LruCache } from "../../base/lruCache.ts";
import type { LoadedModel, Token } from "../runtime/runtime.ts";
import type { ChatPart } from "./chatTemplate.ts";

type Tokenizer = Pick<
	LoadedModel,
	"beginningOfText" | "tokenize" | "tokenizeTemplate"
>;

/** Runs one slice when nothing more urgent waits. Rejects where the rest is no longer wanted. */
type RunSlice = <T>(work: () => T) => Promise<T>;

/** Tokenizing blocks the event loop: some milliseconds for a text of this length, and ten times that for the worst ones. */
const sliceChars = 16_384;
/** More than one text that is as long as a request allows. */
const maxKnownSlices = 512;

export class LongTexts {
	/** After an edit of a long text, most slices are as they were. */
	readonly #slices = new LruCache<string, readonly Token[]>(maxKnownSlices);
	#model: Tokenizer | undefined;

	/** Whether the texts are too long to be tokenized at once. */
	needSlices(parts: readonly ChatPart[]): boolean {
		let chars = 0;
		for (const { text } of parts) chars += text.length;
		return chars > sliceChars;
	}

	/** The model, with the texts of these parts tokenized. Rejects as `run` does. */
	async prepared(
		parts: readonly ChatPart[],
		model: Tokenizer,
		run: RunSlice,
	): Promise<Tokenizer> {
		const known = new Map<string, readonly Token[]>();
		for (const { text, isTemplate } of parts)
			if (!isTemplate) known.set(text, await this.tokenize(text, model, run));
		return {
			beginningOfText: model.beginningOfText,
			tokenize: (text) => known.get(text) ?? model.tokenize(text),
			tokenizeTemplate: (text) => model.tokenizeTemplate(text),
		};
	}

	async tokenize(
		text: string,
		model: Tokenizer,
		run: RunSlice,
	): Promise<readonly Token[]> {
		// Another model has another vocabulary.
		if (this.#model !== model) this.#slices.clear();
		this.#model = model;
		const all: (readonly Token[])[] = [];
		for (const slice of slicesOf(text)) {
			const known = this.#slices.get(slice);
			const tokens = known ?? (await run(() => model.tokenize(slice)));
			all.push(tokens);
			if (!known && this.#model === model) this.#slices.set(slice, tokens);
		}
		return all.flat();
	}
}

/** Whether a token is likely to end before this place, the best kind of place first. */
const places: readonly ((text: string, at: number) => boolean)[] = [
	// A line that begins with a word: hardly any vocabulary has a token across it.
	(text, at) => text[at - 1] === "\n" && !isSpace(text[at]),
	(text, at) => text[at - 1] === "\n" && text[at] !== "\n",
	// Words are tokenized with the space before them.
	(text, at) =>
		text[at] === " " && !isSpace(text[at - 1]) && !isSpace(text[at + 1]),
];

function isSpace(character: string | undefined): boolean {
	return character === undefined || /\s/.test(character);
}

/** They make up the text. All but the last have at most this length, and end where tokens do, if there is such a place. */
export function* slicesOf(
	text: string,
	maxChars = sliceChars,
): Generator<string> {
	let start = 0;
	while (text.length - start > maxChars) {
		const end = endOfSlice(text, start, start + maxChars);
		yield text.slice(start, end);
		start = end;
	}
	if (start < text.length || text === "") yield text.slice(start);
}

/** In the second half: slices must not become small. */
function endOfSlice(text: string, start: number, limit: number): number {
	for (const isPlace of places)
		for (let at = limit; at > (start + limit) / 2; at--)
			if (isPlace(text, at)) return at;
	// Not between the halves of a character.
	const code = text.charCodeAt(limit - 1);
	return code >= 0xd800 && code <= 0xdbff ? limit - 1 : limit;
}
