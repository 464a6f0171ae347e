/** Evaluates `.gitignore` files, given their texts. */

import ignore from "ignore";

export interface GitignoreFile {
	/** The folder of the file, relative to the workspace, with forward slashes; empty for the workspace itself. */
	readonly folder: string;
	readonly text: string;
}

/**
 * Returns whether git ignores a path, relative to the workspace. Not case-sensitive, like git on Windows and macOS: on other systems that
 * ignores more rather than less. Paths outside of the workspace are not ignored.
 */
export function ignoredBy(
	files: readonly GitignoreFile[],
): (path: string) => boolean {
	// The last matching rule decides, and deeper files come after shallower ones.
	const shallowFirst = [...files].sort(
		(a, b) => depthOf(a.folder) - depthOf(b.folder),
	);
	// All rules go into one list, relative to the workspace: only then does an excluded parent folder exclude what other files re-include.
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

/** Rewrites a rule as one in the `.gitignore` of the workspace. */
function seenFromWorkspace(line: string, folder: string): string[] {
	if (folder === "") return [line];
	if (line.trim() === "" || line.startsWith("#")) return [];
	const isNegated = line.startsWith("!");
	// A backslash that escapes the first character is not needed after a folder.
	const pattern = (isNegated ? line.slice(1) : line).replace(/^\\(?=[!#])/, "");
	const isAnchored = /\/(?!\s*$)/.test(pattern);
	const rest = pattern.replace(/^\//, "");
	if (rest.trim() === "") return [];
	return [
		`${isNegated ? "!" : ""}/${literal(folder)}/${isAnchored ? "" : "**/"}${rest}`,
	];
}

/** Escapes a folder for use in a pattern. */
function literal(folder: string): string {
	return folder.replace(/[\\*?[\]]/g, "\\$&");
}

function depthOf(folder: string): number {
	return folder === "" ? 0 : folder.split("/").length;
}
