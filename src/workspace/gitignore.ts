/** The rules of `.gitignore` files, from their text alone. */

import ignore from "ignore";

export interface GitignoreFile {
	/** The folder that it lies in, relative to the workspace, with forward slashes; empty for the workspace itself. */
	readonly folder: string;
	readonly text: string;
}

/**
 * Whether git ignores a path that is relative to the workspace. The case of letters does not matter, as git has it on Windows and
 * macOS: elsewhere that ignores a little more, and not less. Paths outside the workspace have no rules.
 */
export function ignoredBy(
	files: readonly GitignoreFile[],
): (path: string) => boolean {
	// The last rule that matches decides, and a deeper file comes after those above it.
	const shallowFirst = [...files].sort(
		(a, b) => depthOf(a.folder) - depthOf(b.folder),
	);
	// All rules go into one list, as rules of the workspace: only so does it see that a folder above is excluded by another file.
	const rules = ignore().add(
		shallowFirst.flatMap(({ folder, text }) =>
			text
				.replace(/^\uFEFF/, "")
				.split(/\r?\n/)
				.flatMap((line) => seenFromWorkspace(line, folder)),
		),
	);
	return (path) => ignore.isPathValid(path) && rules.ignores(path);
}

/** The same rule, written in the `.gitignore` of the workspace. */
function seenFromWorkspace(line: string, folder: string): string[] {
	if (folder === "") return [line];
	if (line.trim() === "" || line.startsWith("#")) return [];
	const isNegated = line.startsWith("!");
	// A backslash that keeps the first character from being special has nothing to do behind a folder.
	const pattern = (isNegated ? line.slice(1) : line).replace(/^\\(?=[!#])/, "");
	const isAnchored = /\/(?!\s*$)/.test(pattern);
	const rest = pattern.replace(/^\//, "");
	if (rest.trim() === "") return [];
	return [
		`${isNegated ? "!" : ""}/${literal(folder)}/${isAnchored ? "" : "**/"}${rest}`,
	];
}

/** A folder's name as a pattern that matches just it. */
function literal(folder: string): string {
	return folder.replace(/[\\*?[\]]/g, "\\$&");
}

function depthOf(folder: string): number {
	return folder === "" ? 0 : folder.split("/").length;
}
