/** From a theme and the files that it includes to its colours: without an editor, so that it is tested without one. */

import type { TokenRule, TokenTheme } from "../../../protocol/chatView.ts";
import {
	type DeclaredTheme,
	parseThemeFile,
	type ThemeFile,
} from "./themeFile.ts";

/** More than any theme needs, and a theme that includes itself ends here. */
const maxIncludes = 8;

/** What code in the panel is coloured by, of the hundreds of colours in a theme. */
const usedColors = ["editor.foreground", "editor.background"];

/**
 * @param read the text of a file by its path, or undefined where it cannot be read.
 * @param pathTo what a file includes: a path relative to its own.
 */
export async function readTheme(
	path: string,
	read: (path: string) => Promise<string | undefined>,
	pathTo: (from: string, include: string) => string,
): Promise<readonly ThemeFile[] | undefined> {
	const files: ThemeFile[] = [];
	let next: string | undefined = path;
	while (next !== undefined && files.length <= maxIncludes) {
		const text = await read(next);
		const file = text === undefined ? undefined : parseThemeFile(text);
		if (!file) return undefined;
		files.push(file);
		next = file.include && pathTo(next, file.include);
	}
	return files;
}

/** @param files the theme, and then what it includes; what is said later in the result counts more. */
export function tokenTheme(
	uiTheme: DeclaredTheme["uiTheme"],
	files: readonly ThemeFile[],
	custom: readonly TokenRule[],
): TokenTheme {
	const inOrder = files.toReversed();
	const colors: Record<string, string> = Object.assign(
		{},
		...inOrder.map((it) => it.colors),
	);
	return {
		type: uiTheme === "vs" || uiTheme === "hc-light" ? "light" : "dark",
		colors: Object.fromEntries(
			usedColors.flatMap((name) => {
				const color = colors[name];
				return color === undefined ? [] : [[name, color]];
			}),
		),
		tokenColors: [...inOrder.flatMap((it) => it.tokenColors), ...custom],
	};
}

/** The first of these names that a theme of that kind has; a name is that of the settings. */
export function findTheme<Theme extends DeclaredTheme>(
	themes: readonly Theme[],
	names: readonly string[],
	uiTheme: DeclaredTheme["uiTheme"],
): Theme | undefined {
	for (const name of names) {
		const found = themes.find(
			(it) => (it.id ?? it.label) === name && it.uiTheme === uiTheme,
		);
		if (found) return found;
	}
	return undefined;
}
