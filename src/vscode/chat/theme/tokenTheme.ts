/** The editor's token colors, read from the theme's files: VS Code has no API for them. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../../base/disposable.ts";
import type { TokenTheme } from "../../../protocol/chatView.ts";
import { findTheme, readTheme, tokenTheme } from "./resolveTheme.ts";
import { customRules, type DeclaredTheme, themesOf } from "./themeFile.ts";

/** No theme file is larger. */
const maxFileBytes = 2 * 1024 * 1024;

const kinds: Readonly<Record<vscode.ColorThemeKind, DeclaredTheme["uiTheme"]>> =
	{
		[vscode.ColorThemeKind.Light]: "vs",
		[vscode.ColorThemeKind.Dark]: "vs-dark",
		[vscode.ColorThemeKind.HighContrast]: "hc-black",
		[vscode.ColorThemeKind.HighContrastLight]: "hc-light",
	};

/** In order of precedence; all but the first apply when the editor follows the system's color scheme. */
const themeSettings = [
	"colorTheme",
	"preferredDarkColorTheme",
	"preferredLightColorTheme",
	"preferredHighContrastColorTheme",
	"preferredHighContrastLightColorTheme",
];

interface FoundTheme extends DeclaredTheme {
	readonly extensionUri: vscode.Uri;
}

/** Null if the theme cannot be read. */
export async function currentTokenTheme(): Promise<TokenTheme | null> {
	const uiTheme = kinds[vscode.window.activeColorTheme.kind];
	const theme = findTheme(allThemes(), configuredNames(), uiTheme);
	if (!theme) return null;
	const files = await readTheme(
		vscode.Uri.joinPath(theme.extensionUri, theme.path).toString(),
		readText,
		(from, include) =>
			vscode.Uri.joinPath(vscode.Uri.parse(from), "..", include).toString(),
	);
	if (!files) return null;
	const custom = vscode.workspace
		.getConfiguration("editor")
		.get<unknown>("tokenColorCustomizations");
	const name = theme.id ?? theme.label ?? "";
	return tokenTheme(uiTheme, files, customRules(custom, name));
}

export function onDidChangeTokenTheme(listener: () => void): Disposable {
	const store = new DisposableStore();
	store.add(vscode.window.onDidChangeActiveColorTheme(listener));
	store.add(
		vscode.workspace.onDidChangeConfiguration((event) => {
			// The setting may change after the theme.
			const settings = [
				"editor.tokenColorCustomizations",
				"workbench.colorTheme",
			];
			if (settings.some((it) => event.affectsConfiguration(it))) listener();
		}),
	);
	return store;
}

/** When the editor follows the system, the preferred themes take precedence. */
function configuredNames(): readonly string[] {
	const configuration = vscode.workspace.getConfiguration("workbench");
	const followsSystem = vscode.workspace
		.getConfiguration("window")
		.get<boolean>("autoDetectColorScheme", false);
	const names = themeSettings.map((it) => configuration.get<string>(it, ""));
	return followsSystem ? [...names.slice(1), ...names.slice(0, 1)] : names;
}

function allThemes(): readonly FoundTheme[] {
	return vscode.extensions.all.flatMap(({ packageJSON, extensionUri }) =>
		themesOf(packageJSON).map((it) => ({ ...it, extensionUri })),
	);
}

async function readText(uri: string): Promise<string | undefined> {
	try {
		const file = vscode.Uri.parse(uri);
		const { size } = await vscode.workspace.fs.stat(file);
		if (size > maxFileBytes) return undefined;
		return new TextDecoder().decode(await vscode.workspace.fs.readFile(file));
	} catch {
		return undefined;
	}
}
