/** The suggestions for `#` and `/` in the chat's input. */

import type { Translate } from "../../base/sentence.ts";
import {
	type MentionKind,
	mentionKinds,
} from "../../chat/attachments/mentions.ts";
import {
	type SlashCommand,
	slashCommands,
} from "../../chat/prompt/slashCommands.ts";
import type { InputSuggestion } from "../../protocol/chatView.ts";
import { fuzzyRank } from "../../workspace/fuzzyRank.ts";
import { type Attachable, attachableId } from "./attachments/attachables.ts";
import type { FoundSymbol } from "./attachments/symbols.ts";

/** A longer list would need a search of its own. */
export const maxSuggestions = 20;

/** The parsed text behind `#`. */
export type AttachableQuery =
	| { readonly kind: "any"; readonly text: string }
	| { readonly kind: "file" | "folder" | "symbol"; readonly text: string };

export interface AttachableSuggestion {
	readonly suggestion: InputSuggestion;
	/** Undefined if choosing it only inserts text. */
	readonly attachable: Attachable | undefined;
}

export function parseAttachableQuery(query: string): AttachableQuery {
	const match = /^(file|folder|symbol):"?(.*)$/.exec(query);
	const kind = (["file", "folder", "symbol"] as const).find(
		(it) => it === match?.[1],
	);
	return kind ? { kind, text: match?.[2] ?? "" } : { kind: "any", text: query };
}

export function commandSuggestions(
	query: string,
	t: Translate,
): InputSuggestion[] {
	const descriptions: Readonly<Record<SlashCommand, string>> = {
		explain: t("Explain the code"),
		fix: t("Find and fix problems"),
		tests: t("Write tests"),
		doc: t("Write documentation comments"),
		simplify: t("Simplify the code"),
	};
	return slashCommands
		.filter((it) => it.startsWith(query.toLowerCase()))
		.map((it) => ({
			id: `command:${it}`,
			label: `/${it}`,
			detail: descriptions[it],
			insert: `/${it} `,
		}));
}

/** The kinds of attachables that begin so. */
export function kindSuggestions(
	query: string,
	t: Translate,
): AttachableSuggestion[] {
	const descriptions: Readonly<Record<MentionKind, string>> = {
		file: t("A file in the workspace"),
		folder: t("All files in a folder"),
		symbol: t("A function, class or other symbol"),
		problems: t("Problems in the visible file"),
		changes: t("Uncommitted changes"),
	};
	return mentionKinds
		.filter((it) => it.startsWith(query.toLowerCase()))
		.map((kind) => {
			const attachable =
				kind === "problems" || kind === "changes" ? { kind } : undefined;
			return {
				suggestion: {
					id: attachable ? attachableId(attachable) : `kind:${kind}`,
					label: `#${kind}`,
					detail: descriptions[kind],
					insert: attachable ? "" : `#${kind}:`,
				},
				attachable,
			};
		});
}

export function pathSuggestions(
	kind: "file" | "folder",
	query: string,
	paths: readonly string[],
): AttachableSuggestion[] {
	return fuzzyRank(query, paths, maxSuggestions).map((path) => {
		const attachable = { kind, path };
		const nameStart = path.lastIndexOf("/") + 1;
		return {
			suggestion: {
				id: attachableId(attachable),
				label: path.slice(nameStart) + (kind === "folder" ? "/" : ""),
				detail: path.slice(0, Math.max(0, nameStart - 1)),
				insert: "",
			},
			attachable,
		};
	});
}

export function symbolSuggestions(
	query: string,
	symbols: readonly FoundSymbol[],
): AttachableSuggestion[] {
	const names = new Set(symbols.map(({ name }) => name));
	const ranked = fuzzyRank(query, [...names], maxSuggestions);
	const found = ranked.flatMap((name) =>
		symbols
			.filter((it) => it.name === name)
			.map(({ path, line }): AttachableSuggestion => {
				const attachable = {
					kind: "symbol",
					name,
					place: { path, line },
				} as const;
				return {
					suggestion: {
						id: attachableId(attachable),
						label: name,
						detail: `${path}:${line + 1}`,
						insert: "",
					},
					attachable,
				};
			}),
	);
	// A symbol may be found in the visible file and in the workspace.
	const byId = new Map(found.map((it) => [it.suggestion.id, it]));
	return [...byId.values()].slice(0, maxSuggestions);
}

/** All ancestor folders of the files. */
export function foldersOf(paths: readonly string[]): string[] {
	const folders = new Set<string>();
	for (const path of paths) {
		let end = path.lastIndexOf("/");
		// The ancestors of a known folder are known.
		while (end > 0 && !folders.has(path.slice(0, end))) {
			folders.add(path.slice(0, end));
			end = path.lastIndexOf("/", end - 1);
		}
	}
	return [...folders];
}
