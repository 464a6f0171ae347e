/** Where automatic suggestions are suppressed. Explicit requests are always answered. */

import type { DocumentSnapshot } from "../text/documentContext.ts";
import type { NoSuggestionReason } from "./reasons.ts";

export type SuppressionReason = Extract<
	NoSuggestionReason,
	{ readonly kind: "off" | "languageOff" | "snoozed" | "secretFile" }
>;

/** By language id; `*` stands for all other languages. */
export type LanguageSwitches = Readonly<Record<string, boolean>>;

export interface SuppressionConditions {
	readonly isEnabled: boolean;
	readonly languages: LanguageSwitches;
	readonly isSnoozed: boolean;
	readonly looksSecret: (path: string) => boolean;
}

/** The first reason that applies, the most general first. Without a document, only reasons that apply everywhere count. */
export function suppressionReason(
	document: Pick<DocumentSnapshot, "languageId" | "path"> | undefined,
	{ isEnabled, languages, isSnoozed, looksSecret }: SuppressionConditions,
): SuppressionReason | undefined {
	if (!isEnabled) return { kind: "off" };
	if (document && !isLanguageEnabled(languages, document.languageId))
		return { kind: "languageOff", languageId: document.languageId };
	if (isSnoozed) return { kind: "snoozed" };
	if (document && looksSecret(document.path)) return { kind: "secretFile" };
	return undefined;
}

export function isLanguageEnabled(
	languages: LanguageSwitches,
	languageId: string,
): boolean {
	const named = [languageId, "*"].find((it) => Object.hasOwn(languages, it));
	return named === undefined || languages[named] === true;
}
