/**
 * The names that the language's extension offers where the word at the cursor begins, through its completion provider. A lookup costs the
 * language server as much as opening the suggest widget, so there is one at a time and one for each word, and none where no server answers.
 */

import * as vscode from "vscode";
import { sleep } from "../../base/abort.ts";
import type { OfferedNames } from "../../completion/names/unresolvedName.ts";
import { isMarkup, isProse } from "../../completion/text/languageSyntax.ts";

/** A suggestion that is ready waits no longer than this. */
const maxWaitMs = 20;
/** A lookup that takes longer is given up, so that there can be another. */
const maxLookupMs = 5000;
/** After so many empty answers in a row, a language has no server, or not yet: it is asked again after a while. */
const maxEmptyAnswers = 3;
const askAgainMs = 60_000;

/** What is no name of the program: words of the text, templates, files. */
const otherKinds = new Set<vscode.CompletionItemKind | undefined>([
	vscode.CompletionItemKind.Text,
	vscode.CompletionItemKind.Snippet,
	vscode.CompletionItemKind.File,
	vscode.CompletionItemKind.Folder,
	vscode.CompletionItemKind.Color,
	undefined,
]);

interface Lookup {
	/** Where the word begins, and what stands before it on its line. */
	readonly place: string;
	readonly answer: Promise<OfferedNames | undefined>;
	isUnderWay: boolean;
}

export class LanguageServerNames {
	#lookup: Lookup | undefined;
	/** By language id. */
	readonly #emptyAnswers = new Map<string, { count: number; atMs: number }>();

	/** Starts the lookup of members, which takes as long as the model at least: it is ready when the suggestion is. */
	lookAhead(document: vscode.TextDocument, position: vscode.Position): void {
		const start = wordStart(document, position);
		const before = document.lineAt(start).text.slice(0, start.character);
		if (before.endsWith(".")) this.#look(document, start, before);
	}

	/** Undefined where nothing is known within 20 ms. The answer is kept for the next time at this word. */
	async offeredAt(
		document: vscode.TextDocument,
		position: vscode.Position,
	): Promise<OfferedNames | undefined> {
		const start = wordStart(document, position);
		const before = document.lineAt(start).text.slice(0, start.character);
		const lookup = this.#look(document, start, before);
		if (!lookup) return undefined;
		const enough = new AbortController();
		try {
			return await Promise.race([
				lookup.answer,
				sleep(maxWaitMs, enough.signal).then(() => undefined),
			]);
		} finally {
			enough.abort();
		}
	}

	/** The lookup for this word, which is started if there is none and none under way. */
	#look(
		document: vscode.TextDocument,
		start: vscode.Position,
		before: string,
	): Lookup | undefined {
		const place = JSON.stringify([document.uri, start.line, before]);
		if (this.#lookup?.place === place) return this.#lookup;
		if (this.#lookup?.isUnderWay || !this.#hasServer(document.languageId))
			return undefined;
		const lookup: Lookup = {
			place,
			answer: this.#ask(document, start).finally(() => {
				lookup.isUnderWay = false;
			}),
			isUnderWay: true,
		};
		this.#lookup = lookup;
		return lookup;
	}

	#hasServer(languageId: string): boolean {
		if (isProse(languageId) || isMarkup(languageId)) return false;
		const empty = this.#emptyAnswers.get(languageId);
		return (
			empty === undefined ||
			empty.count < maxEmptyAnswers ||
			performance.now() - empty.atMs > askAgainMs
		);
	}

	async #ask(
		{ uri, languageId }: vscode.TextDocument,
		start: vscode.Position,
	): Promise<OfferedNames | undefined> {
		const enough = new AbortController();
		try {
			const list = await Promise.race([
				vscode.commands.executeCommand<vscode.CompletionList | undefined>(
					"vscode.executeCompletionItemProvider",
					uri,
					start,
				),
				sleep(maxLookupMs, enough.signal).then(() => undefined),
			]);
			const offered = list && offeredNames(list);
			const count = this.#emptyAnswers.get(languageId)?.count ?? 0;
			if (offered && offered.names.size > 0)
				this.#emptyAnswers.delete(languageId);
			else
				this.#emptyAnswers.set(languageId, {
					count: count + 1,
					atMs: performance.now(),
				});
			return offered;
		} catch {
			// A failing language extension must not cost the suggestion.
			return undefined;
		} finally {
			enough.abort();
		}
	}
}

function offeredNames({
	items,
	isIncomplete = false,
}: vscode.CompletionList): OfferedNames {
	const names = new Set<string>();
	for (const { kind, label, filterText, insertText } of items) {
		if (otherKinds.has(kind)) continue;
		const labelText = typeof label === "string" ? label : label.label;
		for (const text of [labelText, filterText, insertText])
			if (typeof text === "string") {
				const [name] = /[\p{L}_$][\p{L}\p{N}_$]*/u.exec(text) ?? [];
				if (name !== undefined) names.add(name);
			}
	}
	return { names, isIncomplete };
}

function wordStart(
	document: vscode.TextDocument,
	position: vscode.Position,
): vscode.Position {
	const before = document.lineAt(position).text.slice(0, position.character);
	const [word = ""] = /(?<![\p{L}\p{N}_$])[\p{L}\p{N}_$]*$/u.exec(before) ?? [];
	return position.translate(0, -word.length);
}
