/** Finds what a question names without a mention: files and folders by their paths, symbols by their spelling. */

export interface NamesInQuestion {
	/** As written, without leading or trailing slashes. */
	readonly paths: readonly string[];
	readonly symbols: readonly string[];
}

/** More is a list that the user pasted, and none of it the subject. */
const maxNames = 4;
/** A longer question is mostly pasted text. */
const maxQuestionChars = 4_000;

const fence = "```";
/** Around a word of a sentence. */
const marks = new Set("`'\"“”‘’()[]{}<>,;:!?.…*_");

export function namesInQuestion(question: string): NamesInQuestion {
	const paths = new Set<string>();
	const symbols = new Set<string>();
	for (const raw of outsideFences(question.slice(0, maxQuestionChars))) {
		// A mention is attached as such.
		if (raw.startsWith("#") || raw.startsWith("/") || raw.includes("://"))
			continue;
		const isCode = raw.includes("`");
		const isCalled = /\(\)[^\w]*$/.test(raw);
		const word = withoutMarks(raw);
		if (isPath(word)) paths.add(word.replaceAll("\\", "/"));
		else if (isSymbol(word, isCode || isCalled)) symbols.add(word);
	}
	return {
		paths: [...paths].slice(0, maxNames),
		symbols: [...symbols].slice(0, maxNames),
	};
}

/** The words of the text that are not in a fenced block. */
function outsideFences(text: string): readonly string[] {
	return text
		.split(fence)
		.filter((_, index) => index % 2 === 0)
		.flatMap((part) => part.split(/\s/))
		.filter((it) => it !== "");
}

function withoutMarks(raw: string): string {
	let start = 0;
	// A leading dot belongs to a name such as `.eslintrc`.
	while (start < raw.length && raw[start] !== "." && isMark(raw[start]))
		start++;
	let end = raw.length;
	while (end > start && isMark(raw[end - 1])) end--;
	const word = raw.slice(start, end);
	return word.endsWith("/") || word.endsWith("\\") ? word.slice(0, -1) : word;
}

function isMark(char: string | undefined): boolean {
	return char !== undefined && marks.has(char);
}

/** With a folder, or an extension that begins with a letter. */
function isPath(word: string): boolean {
	if (!/^[\w.@+~\-/\\]+$/.test(word) || !/[A-Za-z]/.test(word)) return false;
	const name = word.slice(
		Math.max(word.lastIndexOf("/"), word.lastIndexOf("\\")) + 1,
	);
	if (name !== word) return true;
	const dot = name.lastIndexOf(".");
	const extension = name.slice(dot + 1);
	// "e.g" and "i.e" are left over from a sentence.
	return dot >= 0 && /^[A-Za-z]\w{0,9}$/.test(extension) && name.length > 3;
}

/** In code quotes or called, any identifier; else only one that no prose has: camelCase, PascalCase of several words, or snake_case. */
function isSymbol(word: string, isMarked: boolean): boolean {
	if (!/^[A-Za-z_$][\w$]*$/.test(word) || word.length < 3) return false;
	return (
		isMarked || /[a-z\d][A-Z]/.test(word) || /[A-Za-z\d]_[A-Za-z\d]/.test(word)
	);
}

/**
 * The one path that the name stands for: it ends with the name's last segment, and has its other segments in their order. Undefined where
 * several do and none more closely than the others.
 *
 * @param paths relative to the workspace, with forward slashes.
 */
export function pathNamed(
	name: string,
	paths: readonly string[],
): string | undefined {
	if (paths.includes(name)) return name;
	const wanted = name.split("/").filter((it) => it !== "" && it !== ".");
	const last = wanted.at(-1);
	if (last === undefined) return undefined;
	const matching = paths.filter((path) => {
		const segments = path.split("/");
		return segments.at(-1) === last && isSubsequence(wanted, segments);
	});
	const [only, ...others] = matching;
	if (others.length === 0) return only;
	const closest = matching.filter((path) => `/${path}`.endsWith(`/${name}`));
	return wanted.length > 1 && closest.length === 1 ? closest[0] : undefined;
}

function isSubsequence(
	wanted: readonly string[],
	segments: readonly string[],
): boolean {
	let found = 0;
	for (const segment of segments) if (segment === wanted[found]) found++;
	return found === wanted.length;
}
