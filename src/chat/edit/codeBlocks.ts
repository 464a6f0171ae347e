/** Finds the fenced code blocks of an answer, complete or still streaming. */

import { FenceReader, fenceIn } from "../../base/text/fences.ts";

export interface CodeBlock {
	/** As the model named it; may be empty. */
	readonly language: string;
	/** The file that the answer names for it: inside of the workspace, with forward slashes; null if it names none. */
	readonly path: string | null;
	/** Lines separated by `\n`. */
	readonly text: string;
	/** Without a closing fence, or not yet. */
	readonly isOpen: boolean;
}

export function codeBlocksOf(answer: string): CodeBlock[] {
	const blocks: CodeBlock[] = [];
	const lines = answer.split(/\r\n|\r|\n/);
	for (let index = 0; index < lines.length; index++) {
		const opening = fenceIn(lines[index] ?? "");
		if (!opening) continue;
		const { indent, info } = opening;
		const reader = new FenceReader(opening);
		let end = index + 1;
		while (
			end < lines.length &&
			!reader.closes(lines[end] ?? "", lines[end + 1])
		)
			end++;
		const isOpen = end === lines.length;
		const content = lines.slice(index + 1, end);
		blocks.push({
			...namesOf(info, lineBefore(lines, index)),
			text: content.map((line) => withoutIndent(line, indent)).join("\n"),
			isOpen,
		});
		index = end;
	}
	return blocks;
}

/**
 * The language and path of a block, from the info string behind its fence (`ts`, `ts:src/a.ts`, `ts title="src/a.ts"`, `src/a.ts`) or
 * else from the line before it (`**src/a.ts**`, "In `src/a.ts`:").
 */
export function namesOf(
	info: string,
	before: string,
): Pick<CodeBlock, "language" | "path"> {
	const [first = "", ...rest] = info
		.slice(0, maxNamingLength)
		.split(/\s+/)
		.filter((it) => it !== "");
	const [language = "", named = ""] = split(first, ":");
	const attribute =
		/(?:^|\s)(?:title|file|filename|path)=(?:"([^"]+)"|'([^']+)'|(\S+))/.exec(
			info.slice(0, maxNamingLength),
		);
	const inAttribute = attribute?.[1] ?? attribute?.[2] ?? attribute?.[3] ?? "";
	const isPathAlone = asPath(first) !== null;
	const path =
		asPath(inAttribute) ??
		asPath(named) ??
		asPath(first) ??
		asPath(rest[0] ?? "") ??
		pathInLine(before);
	return {
		language: isPathAlone
			? extensionOf(first)
			: (language.split(/[{,]/, 1)[0] ?? ""),
		path,
	};
}

/** Longer text is not searched for a name. */
const maxNamingLength = 300;

function withoutIndent(line: string, indent: number): string {
	const own = /^[ \t]*/.exec(line)?.[0].length ?? 0;
	return line.slice(Math.min(own, indent));
}

/** The line before the block, with at most one blank line in between. */
function lineBefore(lines: readonly string[], index: number): string {
	return lines[index - 1]?.trim() || (lines[index - 2] ?? "");
}

function pathInLine(line: string): string | null {
	if (line.length > maxNamingLength) return null;
	const quoted = [...line.matchAll(/`([^`]+)`/g)].flatMap(
		(match) => asPath(match[1] ?? "") ?? [],
	);
	// Two paths are ambiguous.
	if (quoted.length > 0)
		return quoted.length === 1 ? (quoted[0] ?? null) : null;
	const bare = line
		.replace(/^[\s#*_>-]*(?:file(?:name)?:\s*)?/i, "")
		.replace(/(?<![\s*_:])[\s*_:]+$/, "");
	return asPath(bare.replace(/^[*_]+/, ""));
}

/** Null if it does not look like a path, or leads out of the workspace. */
function asPath(text: string): string | null {
	const path = text.replaceAll("\\", "/").replace(/^\.\//, "");
	const isPath =
		/^[\p{L}\p{N}_@.()[\]+~$-]+(?:\/[\p{L}\p{N}_@.()[\]+~$ -]+)*$/u.test(
			path,
		) &&
		(/\.[\p{L}\p{N}]{1,12}$/u.test(path) || /\/|^\.|^[A-Z]\w+file$/.test(path));
	const isInside = !path.split("/").includes("..");
	return isPath && isInside && /[\p{L}\p{N}]/u.test(path) ? path : null;
}

function extensionOf(path: string): string {
	return /\.([^./]+)$/.exec(path)?.[1] ?? "";
}

function split(text: string, separator: string): [string, string] {
	const at = text.indexOf(separator);
	return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
