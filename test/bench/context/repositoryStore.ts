/** The context store as it is in the editor at a place: tabs are open, and definitions were looked up. */

import path from "node:path";
import { ContextStore } from "../../../src/completion/context/contextStore.ts";
import { lookupNames } from "../../../src/completion/context/lookupNames.ts";
import { indentWidth } from "../../../src/workspace/indentation.ts";
import {
	linesOf,
	type Region,
	regionFrom,
} from "../../../src/workspace/regions.ts";
import type {
	CrossFilePlace,
	Definition,
	ProjectFile,
} from "./crossFilePlaces.ts";

const maxTabs = 6;

export function storeAt(place: CrossFilePlace, looksUp: boolean): ContextStore {
	const store = new ContextStore(() => true);
	for (const { path: name, text } of tabsBeside(place)) store.open(name, text);
	if (!looksUp) return store;
	const { project, file, text, offset } = place;
	const lines = linesOf(text);
	const cursorLine = linesOf(text.slice(0, offset)).length - 1;
	for (const { name } of lookupNames(
		(line) => lines[line] ?? "",
		lines.length,
		cursorLine,
	)) {
		const definition = project.definitions.get(name);
		if (!definition || definition.file.path === file.path) continue;
		const region = regionOf(definition);
		if (region)
			store.remember(
				definition.file.path,
				definition.file.text,
				"definition",
				region,
			);
	}
	return store;
}

/** The files of the same folder that are nearest by name. */
export function tabsBeside({
	project,
	file,
}: Pick<CrossFilePlace, "project" | "file">): readonly ProjectFile[] {
	const folder = path.dirname(file.path);
	const siblings = project.files.filter(
		(it) => it.path !== file.path && path.dirname(it.path) === folder,
	);
	const at = siblings.findIndex((it) => it.path > file.path);
	return siblings
		.slice(Math.max(0, (at < 0 ? siblings.length : at) - maxTabs / 2))
		.slice(0, maxTabs);
}

/** To the end of its block, as a language server tells it. */
function regionOf({ file, line }: Definition): Region | undefined {
	const lines = linesOf(file.text);
	const indentation = indentWidth(lines[line] ?? "");
	const isOutside = (text: string): boolean =>
		text.trim() !== "" && indentWidth(text) <= indentation;
	const rest = lines.slice(line + 1).findIndex(isOutside);
	const next = rest < 0 ? lines.length : line + 1 + rest;
	const closes = /^\s*[)\]}]/.test(lines[next] ?? "");
	return regionFrom(lines, line, closes ? next + 1 : next);
}
