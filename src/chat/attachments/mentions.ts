/** Parses the mentions in a question: `#file:path`, `#folder:path`, `#symbol:name`, `#problems`, `#changes`. */

const namedKinds = ["file", "folder", "symbol"] as const;
const plainKinds = ["problems", "changes"] as const;

export const mentionKinds = [...namedKinds, ...plainKinds] as const;
export type MentionKind = (typeof mentionKinds)[number];

export interface Mention {
	readonly kind: MentionKind;
	/** The path or the name; empty for problems and changes. */
	readonly name: string;
}

/** A mention follows white space or an opening bracket: `C#file` is none. */
const before = "(?<=^|[\\s([{])";
const named = `#(?<named>${namedKinds.join("|")}):(?:"(?<quoted>[^"\\n]+)"|(?<bare>[^\\s"]+))`;
const plain = `#(?<plain>${plainKinds.join("|")})(?![\\w:-])`;
const mentionPattern = new RegExp(`${before}(?:${named}|${plain})`, "g");

/** At the end of a name, these belong to the sentence. */
const punctuation = ".,;:!?)]}";

/** In the order of the text. */
export function parseMentions(text: string): Mention[] {
	return [...text.matchAll(mentionPattern)].flatMap((match) => {
		const { named, quoted, bare, plain } = match.groups ?? {};
		const kind = mentionKinds.find((it) => it === (named ?? plain));
		if (!kind) return [];
		const name = quoted ?? (bare ? withoutPunctuation(bare) : "");
		return named && name === "" ? [] : [{ kind, name }];
	});
}

function withoutPunctuation(name: string): string {
	let end = name.length;
	while (end > 0 && punctuation.includes(name[end - 1] ?? "")) end--;
	return name.slice(0, end);
}
