/** Tokenizes code for BM25: identifiers and their parts. */

/** Stop words: keywords and other common words. Words of one and two letters are dropped by length. */
const keywords = new Set(
	(
		"abstract and any array async auto await bool boolean break byte case catch char class const constexpr constructor continue " +
		"def default defer del delete double dyn elif else elseif end ensure enum except export extends extern false final finally " +
		"float for foreach from func function global goto impl implements import include inline instanceof int interface internal " +
		"lambda let long loop match module mut namespace new nil none nonlocal not null nullptr number object operator override package " +
		"param pass private protected pub public raise readonly ref require rescue return returns satisfies self short signed sizeof " +
		"static std string struct super switch template this throw throws trait true try type typedef typename typeof undefined union " +
		"unknown unless unsafe unsigned until use using val var virtual void volatile when where while with yield"
	).split(" "),
);
const minLetters = 3;

const other = 0;
const lower = 1;
const upper = 2;
const digit = 3;
const underscore = 4;

/** The frequency of each word in a text. */
export type WordCounts = ReadonlyMap<string, number>;

/**
 * Each identifier in lower case without underscores, so that `maxTokens` and `max_tokens` are the same word, followed by its parts if it has
 * several. In the order of the text, with repetitions, without stop words, numbers and words of fewer than three letters.
 */
export function identifiers(text: string): string[] {
	const words: string[] = [];
	// A text repeats the same few names.
	const known = new Map<string, readonly string[]>();
	let at = 0;
	while (at < text.length) {
		if (kindOf(text, at) === other) {
			at++;
			continue;
		}
		const start = at;
		while (at < text.length && kindOf(text, at) !== other) at++;
		const identifier = text.slice(start, at);
		let own = known.get(identifier);
		if (own === undefined) {
			own = wordsOf(identifier);
			known.set(identifier, own);
		}
		words.push(...own);
	}
	return words;
}

export function countWords(text: string): WordCounts {
	const counts = new Map<string, number>();
	for (const word of identifiers(text))
		counts.set(word, (counts.get(word) ?? 0) + 1);
	return counts;
}

function wordsOf(identifier: string): readonly string[] {
	// A number, with its suffix: `0x1f`, `10px`.
	if (kindOf(identifier, 0) === digit) return [];
	const parts = partsOf(identifier);
	return (parts.length === 1 ? parts : [parts.join(""), ...parts]).filter(
		(word) => word.length >= minLetters && !keywords.has(word),
	);
}

/** `parseHTTPHeader2` is `parse`, `http`, `header2`. */
function partsOf(identifier: string): string[] {
	const parts: string[] = [];
	let start = 0;
	const endPart = (end: number): void => {
		if (end > start) parts.push(identifier.slice(start, end).toLowerCase());
		start = end;
	};
	for (let at = 0; at < identifier.length; at++) {
		const kind = kindOf(identifier, at);
		if (kind === underscore) {
			endPart(at);
			start = at + 1;
		} else if (
			kind === upper &&
			at > 0 &&
			(kindOf(identifier, at - 1) !== upper ||
				kindOf(identifier, at + 1) === lower)
		)
			endPart(at);
	}
	endPart(identifier.length);
	return parts;
}

/** The class of a character in an identifier. Non-ASCII letters count as lower case, so they never start a part. */
function kindOf(text: string, at: number): number {
	const code = text.charCodeAt(at);
	if (code >= 97 && code <= 122) return lower;
	if (code >= 65 && code <= 90) return upper;
	if (code >= 48 && code <= 57) return digit;
	if (code === 95) return underscore;
	// From À, except for punctuation and symbols in U+2000 to U+2BFF and U+3000 to U+303F.
	const isLetter =
		code >= 0xc0 &&
		(code < 0x2000 || code > 0x2bff) &&
		(code < 0x3000 || code > 0x303f);
	return isLetter ? lower : other;
}
