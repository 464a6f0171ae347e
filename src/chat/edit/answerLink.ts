/** Parses a link of an answer, which is untrusted: models invent addresses, and text in the prompt may inject one. */

export type AnswerLink =
	/** As the browser opens it, with an internationalized host name in Punycode. */
	| { readonly kind: "web"; readonly address: string }
	| {
			readonly kind: "file";
			/** Relative to the workspace. */
			readonly path: string;
			/** Counted from 0. */
			readonly line: number;
	  }
	| { readonly kind: "refused" };

const webProtocols = new Set(["http:", "https:", "mailto:"]);
/** Nobody can judge a longer address by looking at it. */
const maxLength = 2_048;
const fileWithLine = /^(?<path>[^:#?]+)(?:(?::|#L)(?<line>\d{1,7})(?:\D.*)?)?$/;

export function parseLink(href: string): AnswerLink {
	const text = href.trim();
	// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it rejects.
	if (text.length > maxLength || /[\u0000-\u001F\u007F]/.test(text))
		return refused;
	const file = fileWithLine.exec(text)?.groups;
	return file ? asFile(file) : asWeb(text);
}

const refused = { kind: "refused" } as const;

function asFile({
	path: written = "",
	line = "1",
}: Readonly<Record<string, string>>): AnswerLink {
	const path = decoded(written)?.replaceAll("\\", "/").replace(/^\.\//, "");
	const isInside =
		path !== undefined &&
		path !== "" &&
		!path.startsWith("/") &&
		!path.split("/").includes("..");
	if (!isInside) return refused;
	return { kind: "file", path, line: Math.max(0, Number(line) - 1) };
}

function asWeb(text: string): AnswerLink {
	if (!URL.canParse(text)) return refused;
	const { protocol, href } = new URL(text);
	return webProtocols.has(protocol) ? { kind: "web", address: href } : refused;
}

/** Undefined for an invalid percent-encoding. */
function decoded(text: string): string | undefined {
	try {
		return decodeURIComponent(text);
	} catch {
		return undefined;
	}
}
