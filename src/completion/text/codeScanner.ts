/**
 * Tells code from strings and comments, and tracks open brackets. Reads one character at a time and never looks ahead, so that it can follow
 * a suggestion while that is generated: its time is linear in the text.
 */

import {
	type LanguageText,
	languageText,
	type StringSyntax,
} from "./stringSyntax.ts";

export const closerOf: Readonly<Record<string, string>> = {
	"(": ")",
	"[": "]",
	"{": "}",
};
const closers = ")]}";

type FrameKind = "code" | "string" | "comment" | "regex" | "tag";

/** A stretch of text of one kind; inside of it may be others. */
interface Frame {
	readonly kind: FrameKind;
	/** What ends it; empty for the whole text. */
	close: string;
	/** How long the marker is that opened it. */
	readonly markerLength: number;
	/** Of a string. */
	readonly syntax?: StringSyntax;
	/** Of a block comment that may hold others. */
	readonly nested?: string;
	depth: number;
	/** The closers of the brackets that are open in it, outermost first. */
	open: string[];
	/** Whether it was open at the start. */
	isBefore: boolean;
	hasContent: boolean;
	/** What has been read of the delimiter of a raw string in C++. */
	delimiter?: string | undefined;
	/** In a regular expression: between square brackets. */
	inClass: boolean;
}

/** Longer than any opener or closer. */
const recentChars = 20;
/** So that it is not cut for each character. */
const maxRecentChars = 256;
const wordCharacter = /[\p{L}\p{M}\p{N}_]/u;
/** A regular expression stands behind these, where a value is expected. */
const beforeRegex = "(,=:[!&|?{};~+-*%^";
const beforeValue = new Set(
	"and await case delete do else elsif if in instanceof new not of or return then throw typeof unless until void when while yield".split(
		" ",
	),
);

export interface ScanOptions {
	/** Whether to know regular expressions, which cannot be told from divisions for sure. */
	readonly regex?: boolean;
}

export class CodeScanner {
	readonly #language: LanguageText;
	readonly #hasRegex: boolean;
	readonly #marks: Marks;
	readonly #frames: Frame[];
	/** The last characters since the current frame began, or since a marker in it. */
	#recent = "";
	/** The word that ends here; with the signs that may belong to the prefix of a string. */
	#word = "";
	/** The last word, and the last character that is no white space. */
	#lastWord = "";
	#lastChar = "";
	#isEscaped = false;
	/** A slash that may begin a regular expression, or an apostrophe that may begin a character. */
	#pending: "" | "slash" | "apostrophe" | "name" | "bracket" = "";
	/** The string that a quote right here would open, or go on with. */
	#reopened: StringSyntax | undefined;
	/** Where quotes are only punctuation: the one that is open. */
	#proseQuote = "";
	readonly #startDepth: number;
	readonly #startQuote: string;

	/** @param before what precedes the start; it decides whether that is inside a string or a comment. */
	constructor(languageId: string, before = "", options: ScanOptions = {}) {
		this.#language = languageText(languageId);
		this.#hasRegex = this.#language.hasRegex && options.regex !== false;
		this.#marks = marksOf(this.#language);
		this.#frames = [newFrame("code", "")];
		this.readAll(before);
		for (const frame of this.#frames) {
			frame.isBefore = true;
			frame.open = [];
		}
		this.#startDepth = this.#frames.length;
		this.#startQuote = this.#proseQuote;
	}

	/** Brackets opened and not closed since the start. */
	get openCount(): number {
		return this.#frames.reduce(
			(sum, { kind, close, isBefore, open }) =>
				sum +
				open.length +
				Number(kind === "code" && close !== "" && !isBefore),
			0,
		);
	}

	/** The closers of the brackets opened and not closed since the start, outermost first. */
	get open(): string[] {
		return this.#frames.flatMap(({ kind, close, isBefore, open }) =>
			kind === "code" && close !== "" && !isBefore ? [close, ...open] : open,
		);
	}

	/** What closes the current string literal; empty outside of one. */
	get quote(): string {
		const { kind, close } = this.#top;
		return kind === "string" ? close : this.#proseQuote;
	}

	/** Whether this is inside a string, a comment or a regular expression; code in a string is code. */
	get isInText(): boolean {
		return this.#top.kind !== "code";
	}

	/** Whether this is outside of all strings and comments: code in a string is not. */
	get isAtTop(): boolean {
		return this.#frames.length === 1;
	}

	/** Of what opened the innermost string or comment. */
	get markerLength(): number {
		return this.#top.markerLength;
	}

	get isInComment(): boolean {
		return this.#top.kind === "comment";
	}

	/** Whether this is inside a string or a comment that does not end with its line. */
	get isInLongText(): boolean {
		return this.#frames.some(
			({ kind, close, syntax }) =>
				(kind === "comment" && close !== "\n") ||
				(kind === "string" && syntax?.isMultiline === true),
		);
	}

	/** Whether the string or the comment in which it started has ended. */
	get hasLeftStart(): boolean {
		return (
			this.#frames.length < this.#startDepth ||
			(this.#startQuote !== "" && this.#proseQuote === "")
		);
	}

	readAll(text: string): void {
		for (let at = 0; at < text.length; at++) this.read(text[at] ?? "");
	}

	/**
	 * Reads one character, or one UTF-16 unit. True for a closing bracket that was not opened since the start. Those in a string, a comment
	 * or a regular expression count only if that was open at the start.
	 */
	read(char: string): boolean {
		const { kind } = this.#top;
		if (kind === "code") return this.#readCode(char);
		if (kind === "string") return this.#readString(char);
		if (kind === "comment") return this.#readComment(char);
		return kind === "regex" ? this.#readRegex(char) : this.#readTag(char);
	}

	get #top(): Frame {
		return this.#frames[this.#frames.length - 1] as Frame;
	}

	/** Whether the character can begin or end nothing: most cannot. */
	#isPlain(char: string): boolean {
		return (
			this.#pending === "" &&
			this.#reopened === undefined &&
			!this.#marks.isMark(char) &&
			!(this.#language.prose === "tags" && this.#recent.endsWith("<"))
		);
	}

	#note(char: string): void {
		this.#recent += char;
		if (this.#recent.length > maxRecentChars)
			this.#recent = this.#recent.slice(-recentChars);
	}

	#push(frame: Frame): void {
		this.#frames.push(frame);
		this.#recent = "";
		this.#word = "";
		this.#proseQuote = "";
		this.#isEscaped = false;
	}

	#pop(): void {
		if (this.#frames.length > 1) this.#frames.pop();
		this.#recent = "";
		this.#word = "";
		this.#proseQuote = "";
		this.#isEscaped = false;
	}

	#readCode(char: string): boolean {
		if (this.#isPlain(char)) {
			this.#remember(char);
			return false;
		}
		const reopened = this.#reopened;
		this.#reopened = undefined;
		if (reopened && char === reopened.close[0]) {
			this.#push(stringFrame(reopened));
			return false;
		}
		if (this.#pending !== "" && this.#settled(char)) return false;
		if (this.#startsText(char)) return false;
		const isUnmatched = this.#bracket(char, true);
		this.#remember(char);
		return isUnmatched;
	}

	/** Whether the character belongs to what a slash or an apostrophe before it has begun. */
	#settled(char: string): boolean {
		const pending = this.#pending;
		this.#pending = "";
		if (pending === "slash") {
			if (char === "/" || char === "*") return false;
			this.#push(newFrame("regex", "/"));
			this.read(char);
			return true;
		}
		if (pending === "name" || pending === "bracket") {
			if (char !== "'") return false;
			if (pending === "bracket") this.#top.open.pop();
			this.#remember(char);
			return true;
		}
		// A list of types in Haskell: `'[a, b]`.
		if (char === "[") {
			this.#pending = "bracket";
			return false;
		}
		if (isNameStart(char)) {
			this.#remember(char);
			this.#pending = "name";
			return true;
		}
		const syntax = this.#language.strings["'"];
		if (!syntax) return false;
		this.#push(stringFrame(syntax));
		this.read(char);
		return true;
	}

	/** Whether a string, a comment or a regular expression starts with the character, or may. */
	#startsText(char: string): boolean {
		if (this.#marks.lastOfOpeners.includes(char) && this.#startsComment(char))
			return true;
		if (this.#language.prose) return this.#startsInProse(char);
		if (this.#language.strings[char]) return this.#startsString(char);
		if (char !== "/" || !this.#hasRegex || !this.#expectsValue()) return false;
		this.#pending = "slash";
		// The next character tells a comment from a regular expression.
		this.#note(char);
		return true;
	}

	#startsComment(char: string): boolean {
		const { blockComments, lineComments, commentNeedsSpace, nestsComments } =
			this.#language;
		const recent = this.#recent + char;
		const block = blockComments.find(([open]) => recent.endsWith(open));
		const line = block
			? undefined
			: lineComments.find((it) => recent.endsWith(it));
		const marker = block?.[0] ?? line;
		if (marker === undefined) return false;
		const before = recent.at(-1 - marker.length);
		if (line !== undefined && before !== undefined) {
			if (commentNeedsSpace && before.trim() !== "" && !";&|(".includes(before))
				return false;
			// An address: `url(http://…)`.
			if (marker === "//" && before === ":") return false;
		}
		// The beginning of the marker was read as an opening bracket.
		if (marker.length > 1 && closerOf[marker[0] ?? ""] !== undefined)
			this.#top.open.pop();
		this.#pending = "";
		const frame = block
			? newFrame("comment", block[1], nestsComments ? block[0] : undefined)
			: { ...newFrame("comment", "\n"), delimiter: marker };
		this.#push({ ...frame, markerLength: marker.length });
		return true;
	}

	#startsInProse(char: string): boolean {
		if (this.#language.prose === "tags") {
			if (this.#recent.endsWith("<") && isNameStart(char)) {
				this.#push(newFrame("tag", ">"));
				return true;
			}
			if (char !== "`") return false;
		}
		this.#toggleQuote(char);
		return false;
	}

	#toggleQuote(char: string): void {
		if (char === "\n") this.#proseQuote = "";
		else if (char === this.#proseQuote) this.#proseQuote = "";
		else if (this.#proseQuote !== "") return;
		else if (char === '"' || char === "`") this.#proseQuote = char;
		// After a letter, it is an apostrophe.
		else if (char === "'" && !isWordCharacter(this.#recent.at(-1) ?? ""))
			this.#proseQuote = char;
	}

	#startsString(char: string): boolean {
		const { strings, prefixes, raw, hasLifetimes, joinsWords, hasTranspose } =
			this.#language;
		const base = strings[char] as StringSyntax;
		const word = this.#word.toLowerCase();
		const prefix = Object.hasOwn(prefixes, word) ? prefixes[word] : undefined;
		if (char === '"' && raw && this.#startsRaw(word, raw, base)) return true;
		if (
			char === "'" &&
			isWordCharacter(word.at(-1) ?? "") &&
			prefix === undefined &&
			!joinsWords &&
			!beforeValue.has(word)
		) {
			this.#remember(char);
			this.#word = `${word}'`;
			return true;
		}
		if (
			char === "'" &&
			hasTranspose &&
			")]}.'".includes(this.#recent.at(-1) ?? "-")
		) {
			this.#remember(char);
			return true;
		}
		if (char === "'" && hasLifetimes && word === "") {
			this.#remember(char);
			this.#pending = "apostrophe";
			return true;
		}
		this.#push(stringFrame(prefix ? { ...base, ...prefix } : base));
		return true;
	}

	#startsRaw(
		word: string,
		raw: "rust" | "cpp" | "swift",
		base: StringSyntax,
	): boolean {
		const pattern = raw === "cpp" ? "cpp" : "hashes";
		if (pattern === "cpp") {
			if (!["r", "lr", "ur", "u8r"].includes(word)) return false;
			const syntax = { ...base, escape: "", isMultiline: true } as const;
			this.#push({ ...stringFrame(syntax), delimiter: "" });
			return true;
		}
		const name = word.replaceAll("#", "");
		const hashes = word.slice(name.length);
		const isRaw =
			raw === "rust"
				? ["r", "br", "cr"].includes(name)
				: name === "" && hashes !== "";
		if (!isRaw) return false;
		this.#push(
			stringFrame({
				close: `"${hashes}`,
				escape: "",
				isMultiline: raw === "rust",
			}),
		);
		return true;
	}

	#expectsValue(): boolean {
		const last = this.#lastChar;
		if (last === "") return true;
		if (last === ">") return this.#recent.trimEnd().endsWith("=>");
		return isWordCharacter(last)
			? beforeValue.has(this.#lastWord)
			: beforeRegex.includes(last);
	}

	/** @returns whether a closing bracket was not opened since the start. */
	#bracket(char: string, isCode: boolean): boolean {
		const top = this.#top;
		const closer = closerOf[char];
		if (closer !== undefined) {
			if (!isCode && !top.isBefore) return false;
			if (isCode && this.#undoesInterpolation(char)) return false;
			top.open.push(closer);
			return false;
		}
		if (!closers.includes(char) || char === "") return false;
		if (!isCode && !top.isBefore) return false;
		if (top.open.pop() !== undefined) return false;
		if (!isCode || top.close !== char) return true;
		this.#pop();
		return top.isBefore;
	}

	/** `{{` in a format string is a bracket. */
	#undoesInterpolation(char: string): boolean {
		const { kind, hasContent, close } = this.#top;
		const outer = this.#frames.at(-2);
		if (
			kind !== "code" ||
			close === "" ||
			hasContent ||
			outer?.syntax?.code !== char
		)
			return false;
		this.#pop();
		return true;
	}

	#remember(char: string): void {
		this.#top.hasContent = true;
		this.#note(char);
		if (isWordCharacter(char) || "$@#".includes(char)) {
			// A longer word is no prefix, and its beginning tells that.
			if (this.#word.length < 300) this.#word += char;
			this.#lastWord = this.#word;
		} else this.#word = "";
		if (char === "\n") {
			this.#endLine();
			if (this.#language.prose) this.#proseQuote = "";
		}
		if (char.trim() !== "") this.#lastChar = char;
	}

	/** Strings of one line end with it, and with them the code that is inside. */
	#endLine(): void {
		const first = this.#frames.findIndex(
			({ kind, syntax }) => kind === "string" && syntax?.isMultiline === false,
		);
		if (first > 0) while (this.#frames.length > first) this.#pop();
	}

	#readString(char: string): boolean {
		const top = this.#top;
		const syntax = top.syntax as StringSyntax;
		if (top.delimiter !== undefined) return this.#readDelimiter(char, top);
		const wasEmpty = !top.hasContent;
		top.hasContent = true;
		if (this.#isEscaped) {
			this.#isEscaped = false;
			this.#recent = "";
			if (syntax.code === `\\${char}`) this.#pushCode(char);
			return false;
		}
		if (syntax.escape.length === 1 && char === syntax.escape) {
			this.#isEscaped = true;
			return false;
		}
		if (char === "\n" && !syntax.isMultiline) {
			this.#endLine();
			this.#remember(char);
			return false;
		}
		if (wasEmpty && syntax.grows && syntax.close.length > 2 && char === '"') {
			top.close += char;
			top.hasContent = false;
			return false;
		}
		this.#note(char);
		if (char === top.close.at(-1) && this.#recent.endsWith(top.close)) {
			this.#close(top, syntax, wasEmpty);
			return false;
		}
		if (syntax.code?.endsWith(char) && this.#recent.endsWith(syntax.code)) {
			this.#pushCode(char);
			return false;
		}
		return this.#bracket(char, false);
	}

	#close(top: Frame, syntax: StringSyntax, wasEmpty: boolean): void {
		this.#pop();
		this.#lastChar = '"';
		this.#lastWord = "";
		const quote = top.close;
		if (wasEmpty && syntax.triple && quote.length === 1)
			this.#reopened = {
				...syntax,
				close: quote.repeat(3),
				escape: syntax.triple === "raw" ? "" : syntax.escape,
				isMultiline: true,
			};
		else if (syntax.escape === "doubled") this.#reopened = syntax;
	}

	#pushCode(opener: string): void {
		this.#push(newFrame("code", closerOf[opener] ?? "}"));
		this.#lastChar = "";
	}

	#readDelimiter(char: string, top: Frame): boolean {
		if (char === "(") {
			top.close = `)${top.delimiter}"`;
			top.delimiter = undefined;
		} else if (/[\s\\")]/.test(char) || (top.delimiter ?? "").length > 15) {
			// No delimiter: then it is no raw string.
			top.delimiter = undefined;
			return this.#readString(char);
		} else top.delimiter += char;
		return false;
	}

	#readComment(char: string): boolean {
		const top = this.#top;
		if (top.close === "\n") {
			if (char === "\n") {
				this.#pop();
				this.#remember(char);
				return false;
			}
			this.#toBlock(top, char);
		}
		this.#toggleQuote(char);
		this.#note(char);
		if (
			top.close !== "\n" &&
			top.close.endsWith(char) &&
			this.#recent.endsWith(top.close)
		) {
			this.#recent = "";
			if (top.depth-- === 0) this.#pop();
			return false;
		}
		if (top.nested?.endsWith(char) && this.#recent.endsWith(top.nested)) {
			top.depth++;
			this.#recent = "";
			return false;
		}
		return this.#bracket(char, false);
	}

	/** Some comments of several lines begin like one of a single line: `--[[` in Lua. */
	#toBlock(top: Frame, char: string): void {
		if (top.delimiter === undefined) return;
		top.delimiter += char;
		const { blockComments } = this.#language;
		const opener = top.delimiter;
		const block = blockComments.find(([open]) => open === opener);
		if (block) {
			top.close = block[1];
			this.#recent = "";
		}
		if (block || !blockComments.some(([open]) => open.startsWith(opener)))
			top.delimiter = undefined;
	}

	#readRegex(char: string): boolean {
		const top = this.#top;
		if (char === "\n") {
			this.#pop();
			this.#remember(char);
			return false;
		}
		if (this.#isEscaped) this.#isEscaped = false;
		else if (char === "\\") this.#isEscaped = true;
		else if (top.inClass) top.inClass = char !== "]";
		else if (char === "[") top.inClass = true;
		else if (char === "/") {
			this.#pop();
			this.#lastChar = "/";
			this.#lastWord = "";
			return false;
		}
		return this.#bracket(char, false);
	}

	/** Between `<` and `>` of a markup language. */
	#readTag(char: string): boolean {
		const syntax = this.#language.strings[char];
		if (syntax) this.#push(stringFrame(syntax));
		else if (char === ">") this.#pop();
		return syntax ? false : this.#bracket(char, false);
	}
}

interface Marks {
	/** The last characters of what opens a comment. */
	readonly lastOfOpeners: string;
	/** Whether the character may begin or end something. */
	readonly isMark: (char: string) => boolean;
}

const marksByLanguage = new WeakMap<LanguageText, Marks>();

function marksOf(language: LanguageText): Marks {
	const known = marksByLanguage.get(language);
	if (known) return known;
	const { lineComments, blockComments, strings } = language;
	const lastOfOpeners = [...lineComments, ...blockComments.map(([it]) => it)]
		.map((it) => it.at(-1))
		.join("");
	const isMark = new Uint8Array(128);
	const marks = `()[]{}\n/"'\`${lastOfOpeners}${Object.keys(strings).join("")}`;
	for (const char of marks) isMark[char.charCodeAt(0)] = 1;
	const found = {
		lastOfOpeners,
		isMark: (char: string) => isMark[char.charCodeAt(0)] === 1,
	};
	marksByLanguage.set(language, found);
	return found;
}

function newFrame(kind: FrameKind, close: string, nested?: string): Frame {
	return {
		kind,
		close,
		markerLength: 1,
		...(nested === undefined ? {} : { nested }),
		depth: 0,
		open: [],
		isBefore: false,
		hasContent: false,
		inClass: false,
	};
}

function stringFrame(syntax: StringSyntax): Frame {
	return { ...newFrame("string", syntax.close), syntax };
}

function isWordCharacter(char: string): boolean {
	const code = char.charCodeAt(0);
	if (code >= 0x80) return wordCharacter.test(char);
	return (
		(code >= 97 && code <= 122) ||
		(code >= 65 && code <= 90) ||
		(code >= 48 && code <= 57) ||
		code === 95
	);
}

function isNameStart(char: string): boolean {
	return isWordCharacter(char) && (char < "0" || char > "9");
}
