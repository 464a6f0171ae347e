/** Finds the first name of a suggestion that is defined nowhere. */

import { CodeScanner } from "../text/codeScanner.ts";
import { type DocumentSnapshot, lineBefore } from "../text/documentContext.ts";
import { isBuiltIn, requiresImports } from "./builtInNames.ts";
import { type UsedName, usedNames } from "./usedNames.ts";

/** To look for each name in a longer document would hold up the editor. */
const maxDocumentChars = 1024 * 1024;

/** What a language server offers at one place. */
export interface OfferedNames {
	readonly names: ReadonlySet<string>;
	/** The list may lack names that are valid there. */
	readonly isIncomplete: boolean;
}

/** Where the text of a markup language or JSX stands between names. */
const markup = /<\/|\/>|<[A-Za-z][\w.]*(?:\s[^<>]*)?>\s*[\w<{]/;
/** `from module import *` brings names that are written nowhere. */
const wildcardImport = /^[ \t]*from\s.*\bimport\s*\*/m;

/**
 * Names of the suggestion that may be defined nowhere: only a language server knows.
 *
 * @param hasWord whether a name stands in the document or in another file that is open or in the prompt.
 */
export function doubtfulNames(
	{ text, offset, languageId, start }: DocumentSnapshot,
	suggestion: string,
	hasWord: (name: string) => boolean,
): UsedName[] {
	// Of a part, the names of the rest are not known.
	if (start !== undefined || text.length > maxDocumentChars) return [];
	const before = lineBefore(text, offset);
	if (isOutsideCode(text.slice(0, offset), languageId)) return [];
	if (markup.test(before + suggestion)) return [];
	const isSure = requiresImports(languageId) && !wildcardImport.test(text);
	return usedNames(suggestion, before, languageId).filter((used) =>
		used.isPrivate
			? isUndeclared(used.name, text + suggestion)
			: used.isMember
				? // The place of a server's answer is before the first name.
					used.start <= 0
				: isSure && !isBuiltIn(used.name, languageId) && !hasWord(used.name),
	);
}

/** A private member is declared in the class that uses it, which is all in this document. */
function isUndeclared(privateName: string, text: string): boolean {
	const name = privateName.replaceAll("$", "\\$");
	return !new RegExp(`(?<![.?])#${name}(?![\\p{L}\\p{N}_$])`, "u").test(text);
}

/** The first of these names that is sure to be defined nowhere. */
export function firstUnresolved(
	doubtful: readonly UsedName[],
	offered: OfferedNames | undefined,
): UsedName | undefined {
	return doubtful.find(({ name, isMember, isPrivate }) => {
		if (isPrivate) return true;
		if (offered?.names.has(name)) return false;
		// Only a server knows members; of other names, it knows more than the text does.
		return isMember
			? offered !== undefined && !offered.isIncomplete && offered.names.size > 0
			: true;
	});
}

const maxScannedChars = 32 * 1024;

/** In a comment over several lines, a string over several lines, or a template literal. */
function isOutsideCode(before: string, languageId: string): boolean {
	const near = before.slice(-maxScannedChars);
	// The first line that is not indented is in none, most likely.
	const start = near.length < before.length ? near.search(/^[\p{L}_@#]/mu) : 0;
	return new CodeScanner(languageId, near.slice(Math.max(0, start)))
		.isInLongText;
}
