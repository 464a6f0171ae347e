/** What the user refers to in a question: `#file:path`, `#folder:path`, `#symbol:name`, `#problems`, `#changes`. */

const namedKinds = ["file", "folder", "symbol"] as const;
const plainKinds = ["problems", "changes"] as const;

export const mentionKinds = [...namedKinds, ...plainKinds] as const;
export type MentionKind = (typeof mentionKinds)[number];

export interface Mention {
	readonly kind: MentionKind;
	/** A path or a name; empty for problems and changes. */
	readonly name: string;
	/** Where it is in the text, in UTF-16 units. */
	readonly start: number;
	readonly end: number;
}

/** What is being written at the cursor, and wants to be completed. */
export interface PartialMention {
	/** Null while the kind itself is being written: then `query` is its beginning. */
	readonly kind: (typeof namedKinds)[number] | null;
	readonly query: string;
	/** Where the `#` is: what is chosen goes from here to the cursor. */
	readonly start: number;
}

/** Only behind white space or an opening bracket: `C#file` is none. */
const before = "(?<=^|[\\s([{])";
const named = `#(?<named>${namedKinds.join("|")}):(?:"(?<quoted>[^"\\n]+)"|(?<bare>[^\\s"]+))`;
const plain = `#(?<plain>${plainKinds.join("|")})(?![\\w:-])`;
const mentionPattern = new RegExp(`${before}(?:${named}|${plain})`, "g");

/** They end the sentence rather than the name. */
const punctuation = ".,;:!?)]}";

/** In the order of the text. */
export function parseMentions(text: string): Mention[] {
	return [...text.matchAll(mentionPattern)].flatMap((match) => {
		const { named, quoted, bare, plain } = match.groups ?? {};
		const kind = mentionKinds.find((it) => it === (named ?? plain));
		if (!kind) return [];
		const cut = bare && withoutPunctuation(bare);
		const name = quoted ?? cut ?? "";
		if (named && name === "") return [];
		const shorter = (bare ?? "").length - (cut ?? "").length;
		const end = match.index + match[0].length - shorter;
		return [{ kind, name, start: match.index, end }];
	});
}

/** As it is written into a question. */
export function mentionText(kind: MentionKind, name: string): string {
	if (!namedKinds.some((it) => it === kind)) return `#${kind}`;
	const isBare = /^[^\s"]+$/.test(name) && withoutPunctuation(name) === name;
	return `#${kind}:${isBare ? name : `"${name}"`}`;
}

const partialPattern = new RegExp(
	`${before}#(?:(?<kind>${namedKinds.join("|")}):(?:"(?<quoted>[^"\\n]*)|(?<bare>[^\\s"]*))|(?<word>\\w*))$`,
);
/** More than any path: nothing before that is looked at. */
const mostMentionLength = 1_024;

/** Undefined where the cursor is in none. */
export function mentionAt(
	text: string,
	cursor: number,
): PartialMention | undefined {
	const from = Math.max(0, cursor - mostMentionLength);
	const match = partialPattern.exec(text.slice(from, cursor));
	if (!match) return undefined;
	const { kind, quoted, bare, word } = match.groups ?? {};
	return {
		kind: namedKinds.find((it) => it === kind) ?? null,
		query: quoted ?? bare ?? word ?? "",
		start: from + match.index,
	};
}

function withoutPunctuation(name: string): string {
	let end = name.length;
	while (end > 0 && punctuation.includes(name[end - 1] ?? "")) end--;
	return name.slice(0, end);
}
