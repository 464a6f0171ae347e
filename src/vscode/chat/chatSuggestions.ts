/** What `#` and `/` in the input of the chat may become, as entries of its list. */

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

/** As many as a list shows without becoming one to search in. */
export const maxSuggestions = 20;

/** What is typed behind `#`. */
export type AttachableQuery =
	| { readonly kind: "any"; readonly text: string }
	| { readonly kind: "file" | "folder" | "symbol"; readonly text: string };

export interface AttachableSuggestion {
	readonly suggestion: InputSuggestion;
	/** Undefined where the choice only goes on writing. */
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
		explain: t("Explains the code"),
		fix: t("Finds what is wrong, and corrects it"),
		tests: t("Writes tests"),
		doc: t("Writes documentation comments"),
		simplify: t("Makes the code simpler"),
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
		file: t("A file of the workspace"),
		folder: t("All files of a folder"),
		symbol: t("A function, a class or the like"),
		problems: t("What is reported in the file that is shown"),
		changes: t("What differs from the last commit"),
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

/** @param kind what the paths are of. */
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
	// The file that is shown is asked, and the workspace as well.
	const byId = new Map(found.map((it) => [it.suggestion.id, it]));
	return [...byId.values()].slice(0, maxSuggestions);
}

/** All folders that hold one of the files, at any depth. */
export function foldersOf(paths: readonly string[]): string[] {
	const folders = new Set<string>();
	for (const path of paths) {
		let end = path.lastIndexOf("/");
		// What is known already has its own folders there as well.
		while (end > 0 && !folders.has(path.slice(0, end))) {
			folders.add(path.slice(0, end));
			end = path.lastIndexOf("/", end - 1);
		}
	}
	return [...folders];
}
