/** Resolves a theme and the files that it includes to token colors. Independent of the editor, for tests. */

import type { TokenRule, TokenTheme } from "../../../protocol/chatView.ts";
import {
	type DeclaredTheme,
	parseThemeFile,
	type ThemeFile,
} from "./themeFile.ts";

/** More than any theme needs; ends a theme that includes itself. */
const maxIncludes = 8;

/** The editor colors that the panel uses. */
const usedColors = ["editor.foreground", "editor.background"];

/**
 * @param read returns undefined for a file that cannot be read.
 * @param pathTo resolves the path of an included file.
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

/** @param files the theme, followed by the files it includes. Later rules in the result take precedence. */
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

/** @param names as in the settings, in order of precedence. */
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
