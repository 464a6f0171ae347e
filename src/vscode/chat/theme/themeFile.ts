/** Parses color theme files and the user's color customizations. Both are untrusted: they come from other extensions and from settings. */

import * as z from "zod/mini";
import { parseJsonc } from "../../../base/jsonc.ts";
import { TokenRule } from "../../../protocol/chatView.ts";

/** Drops invalid rules. */
function rulesOf(raw: readonly unknown[]): readonly TokenRule[] {
	return raw.flatMap((it) => {
		const rule = TokenRule.safeParse(it);
		return rule.success ? [rule.data] : [];
	});
}

const RawThemeFile = z.object({
	include: z.exactOptional(z.string()),
	colors: z.catch(z.record(z.string(), z.unknown()), {}),
	/** A string is the path of a TextMate theme, which is not supported. */
	tokenColors: z.optional(z.union([z.array(z.unknown()), z.string()])),
});

export interface ThemeFile {
	/** The path of the base theme, relative to this file. */
	readonly include: string | undefined;
	readonly colors: Readonly<Record<string, string>>;
	readonly tokenColors: readonly TokenRule[];
}

/** Undefined if the file is no theme, or its token colors are in an unsupported format. */
export function parseThemeFile(text: string): ThemeFile | undefined {
	try {
		const {
			include,
			colors,
			tokenColors = [],
		} = RawThemeFile.parse(parseJsonc(text));
		if (typeof tokenColors === "string") return undefined;
		return {
			include,
			colors: Object.fromEntries(
				Object.entries(colors).flatMap(([name, color]) =>
					typeof color === "string" ? [[name, color]] : [],
				),
			),
			tokenColors: rulesOf(tokenColors),
		};
	} catch {
		return undefined;
	}
}

/** A theme as an extension declares it. */
export const DeclaredTheme = z.object({
	id: z.exactOptional(z.string()),
	label: z.exactOptional(z.string()),
	uiTheme: z.enum(["vs", "vs-dark", "hc-black", "hc-light"]),
	path: z.string(),
});
export type DeclaredTheme = z.infer<typeof DeclaredTheme>;

const Manifest = z.object({
	contributes: z.object({ themes: z.array(z.unknown()) }),
});

/** @param manifest the `package.json` of an extension. */
export function themesOf(manifest: unknown): readonly DeclaredTheme[] {
	const parsed = Manifest.safeParse(manifest);
	if (!parsed.success) return [];
	return parsed.data.contributes.themes.flatMap((it) => {
		const theme = DeclaredTheme.safeParse(it);
		return theme.success ? [theme.data] : [];
	});
}

const Style = z.union([
	z.string(),
	z.object({
		foreground: z.exactOptional(z.string()),
		fontStyle: z.exactOptional(z.string()),
	}),
]);
const Customizations = z.record(z.string(), z.unknown());

/** The names for groups of scopes in `editor.tokenColorCustomizations`. */
const groups: Readonly<Record<string, readonly string[]>> = {
	comments: ["comment", "punctuation.definition.comment"],
	strings: ["string"],
	keywords: ["keyword.control", "keyword.other", "storage", "storage.type"],
	numbers: ["constant.numeric"],
	types: [
		"entity.name.type",
		"entity.name.class",
		"support.type",
		"support.class",
	],
	functions: ["entity.name.function", "support.function"],
	variables: ["variable", "entity.name.variable"],
};

/**
 * The rules of `editor.tokenColorCustomizations` for the theme with this name: those for all themes, then those for `[name]`, in which
 * `*` matches any text.
 */
export function customRules(raw: unknown, theme: string): readonly TokenRule[] {
	const parsed = Customizations.safeParse(raw);
	if (!parsed.success) return [];
	const own = Object.entries(parsed.data).flatMap(([key, value]) =>
		[...key.matchAll(/\[([^[\]]*)\]/g)].some(([, name = ""]) =>
			matches(name, theme),
		)
			? [value]
			: [],
	);
	return [parsed.data, ...own].flatMap(blockRules);
}

function blockRules(raw: unknown): readonly TokenRule[] {
	const block = Customizations.safeParse(raw);
	if (!block.success) return [];
	const grouped = Object.entries(groups).flatMap(([group, scopes]) => {
		const style = Style.safeParse(block.data[group]);
		if (!style.success) return [];
		const { data } = style;
		const settings = typeof data === "string" ? { foreground: data } : data;
		return [{ scope: [...scopes], settings }];
	});
	const { textMateRules } = block.data;
	const rules = Array.isArray(textMateRules) ? rulesOf(textMateRules) : [];
	return [...grouped, ...rules];
}

/** Matches without a regular expression: the workspace controls the pattern, and many stars would backtrack exponentially. */
function matches(wildcard: string, name: string): boolean {
	const [start = "", ...others] = wildcard.split("*");
	const end = others.pop();
	if (end === undefined) return start === name;
	if (!name.startsWith(start)) return false;
	let at = start.length;
	for (const part of others) {
		const found = name.indexOf(part, at);
		if (found < 0) return false;
		at = found + part.length;
	}
	return name.length - end.length >= at && name.endsWith(end);
}
