/**
 * Golden cases of the filters on suggestions, in a text format that is easy to read and write:
 *
 *     language: python
 *     indentation: 4
 *
 *     === title
 *     --- document
 *     x = █
 *     --- answer
 *     1
 *     y = 2
 *     --- suggestion
 *     1
 *     --- fired: lineEnd
 *
 * `indentation` is `tab` or a number of spaces, `path` that of the file; both may also follow a title, for that case only. Where nothing is
 * suggested, `--- none: empty`, or the name of the filter, replaces `--- suggestion`. A middle dot is a space, which an editor would remove
 * at the end of a line, and `␀` the control character that it shows.
 */

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export interface GoldenCase {
	readonly title: string;
	readonly languageId: string;
	readonly path: string;
	readonly insertSpaces: boolean;
	readonly tabSize: number;
	/** With a cursor marker. */
	readonly document: string;
	/** The text that the model generates. */
	readonly answer: string;
	readonly expected: { readonly text: string } | { readonly none: string };
	readonly fired: readonly string[];
}

/** @param name of the folder with the cases. */
export function goldenCases(name: "filters" | "syntax"): GoldenCase[] {
	const folder = path.resolve(import.meta.dirname, "../../unit/golden", name);
	return readdirSync(folder)
		.sort()
		.flatMap((file) => casesOf(readFileSync(path.join(folder, file), "utf8")));
}

function casesOf(file: string): GoldenCase[] {
	const [head = "", ...cases] = file.split(/^=== /m);
	return cases.map((text) => caseOf(text, optionsOf(head)));
}

interface Options {
	readonly language?: string;
	readonly indentation?: string;
	readonly path?: string;
}

function optionsOf(text: string): Options {
	return Object.fromEntries(
		[...text.matchAll(/^(language|indentation|path): (.+)$/gm)].map(
			([, key, value]) => [key, value],
		),
	);
}

function caseOf(text: string, fileOptions: Options): GoldenCase {
	const [head = "", ...parts] = text.split(/^--- /m);
	const [title = ""] = head.split("\n");
	const sections = new Map(
		parts.map((part) => {
			const [name = "", ...lines] = part.split("\n");
			const [key = "", value = ""] = name.split(/:\s*/);
			// The last line end belongs to the format.
			return [key, value || unmarked(lines.slice(0, -1).join("\n"))];
		}),
	);
	const section = (name: string): string => {
		const it = sections.get(name);
		if (it === undefined) throw new Error(`${title} has no section ${name}`);
		return it;
	};
	const options = { ...fileOptions, ...optionsOf(head) };
	const none = sections.get("none");
	return {
		title,
		languageId: options.language ?? "typescript",
		path: options.path ?? "src/a.ts",
		insertSpaces: options.indentation !== "tab",
		tabSize: Number(options.indentation) || 4,
		document: section("document"),
		answer: section("answer"),
		expected: none === undefined ? { text: section("suggestion") } : { none },
		fired: section("fired")
			.split(/[\s,]+/)
			.filter((name) => name !== ""),
	};
}

function unmarked(text: string): string {
	return text.replaceAll("·", " ").replaceAll("␀", "\0");
}
