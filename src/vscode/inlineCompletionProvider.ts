/** Ghost text: between VS Code's inline completions and the completion session. */

import * as vscode from "vscode";
import {
	type Disposable,
	DisposableStore,
	toDisposable,
} from "../base/disposable.ts";
import type { Log } from "../base/log.ts";
import {
	CompletionSession,
	type Place,
	samePlace,
} from "../completion/completionSession.ts";
import type {
	DocumentSnapshot,
	Indentation,
} from "../completion/documentContext.ts";
import type { CompletionEngine } from "../completion/getCompletion.ts";

/** Without a scheme, the inputs of chat, search and source control would be asked about too. */
const selector: vscode.DocumentSelector = [
	"file",
	"untitled",
	"vscode-notebook-cell",
	"vscode-remote",
	"vscode-vfs",
].map((scheme) => ({ scheme }));

export interface GivenSuggestion {
	readonly requestId: string;
	readonly text: string;
}

export interface InlineCompletionOptions {
	readonly engine: CompletionEngine;
	readonly isEnabled: () => boolean;
	/** Fires when earlier suggestions hold no longer, as after a change of the model. */
	readonly onDidInvalidate: (listener: () => void) => Disposable;
	/** Called with each suggestion that is given to VS Code. */
	readonly onSuggestion: (suggestion: GivenSuggestion) => void;
	readonly log: Log;
}

export function registerInlineCompletion({
	engine,
	isEnabled,
	onDidInvalidate,
	onSuggestion,
	log,
}: InlineCompletionOptions): Disposable {
	const session = new CompletionSession({
		engine,
		log,
		onLateSuggestion: (place) => {
			const here = currentPlace();
			if (!here || !samePlace(here, place)) return;
			log.debug("a suggestion that came late is offered again");
			// The cache answers this one. VS Code 1.104 ignores the argument and shows it all the same.
			void vscode.commands.executeCommand(
				"editor.action.inlineSuggest.trigger",
				{ explicit: false },
			);
		},
	});
	const store = new DisposableStore();
	store.add(onDidInvalidate(() => session.clear()));
	store.add(toDisposable(() => session.clear()));
	// An edit moves the cursor too, and where it does not, VS Code asks anew: the selection alone tells enough.
	const followCursor = (): void =>
		session.movedTo(currentPlace(), currentSnapshot);
	store.add(vscode.window.onDidChangeTextEditorSelection(followCursor));
	store.add(vscode.window.onDidChangeActiveTextEditor(followCursor));
	store.add(
		vscode.languages.registerInlineCompletionItemProvider(selector, {
			async provideInlineCompletionItems(document, position, context, token) {
				if (!isEnabled()) return undefined;
				const suggestion = await session.suggest(
					snapshotOf(document, position),
					abortSignal(token),
				);
				if (token.isCancellationRequested || suggestion.kind === "none")
					return undefined;
				const item = itemFor(suggestion.text, document, position, context);
				if (!item)
					log.debug(
						"a suggestion is kept back: it does not continue the entry selected in the suggest widget",
					);
				else onSuggestion(suggestion);
				return item && [item];
			},
		}),
	);
	return store;
}

/**
 * VS Code shows an item only where its text begins with what stands in its range, and beside the suggest widget only where
 * it continues the selected entry in that entry's range. Undefined where it does not; it is in the cache for later.
 */
function itemFor(
	suggested: string,
	document: vscode.TextDocument,
	position: vscode.Position,
	{ selectedCompletionInfo }: vscode.InlineCompletionContext,
): vscode.InlineCompletionItem | undefined {
	const range =
		selectedCompletionInfo?.range ??
		new vscode.Range(new vscode.Position(position.line, 0), position);
	const text =
		document.getText(new vscode.Range(range.start, position)) +
		suggested +
		document.getText(new vscode.Range(position, range.end));
	if (selectedCompletionInfo && !text.startsWith(selectedCompletionInfo.text))
		return undefined;
	return new vscode.InlineCompletionItem(text, range);
}

function snapshotOf(
	document: vscode.TextDocument,
	position: vscode.Position,
): DocumentSnapshot {
	return {
		uri: document.uri.toString(),
		path: vscode.workspace
			.asRelativePath(document.uri, false)
			.replaceAll("\\", "/"),
		languageId: document.languageId,
		indentation: indentationOf(document),
		version: document.version,
		text: document.getText(),
		offset: document.offsetAt(position),
	};
}

/** As the editor of the document has it; other documents have no such thing, and take what is usual. */
function indentationOf(document: vscode.TextDocument): Indentation {
	const options = vscode.window.visibleTextEditors.find(
		(editor) => editor.document === document,
	)?.options;
	return {
		insertSpaces: options?.insertSpaces !== false,
		tabSize: typeof options?.tabSize === "number" ? options.tabSize : 4,
	};
}

function currentSnapshot(): DocumentSnapshot | undefined {
	const editor = vscode.window.activeTextEditor;
	return editor && snapshotOf(editor.document, editor.selection.active);
}

/** The one cursor of the active editor; undefined where text is selected or there are several. */
function currentPlace(): Place | undefined {
	const editor = vscode.window.activeTextEditor;
	if (!editor?.selection.isEmpty || editor.selections.length > 1)
		return undefined;
	const { document, selection } = editor;
	return {
		uri: document.uri.toString(),
		version: document.version,
		offset: document.offsetAt(selection.active),
	};
}

function abortSignal(token: vscode.CancellationToken): AbortSignal {
	const controller = new AbortController();
	if (token.isCancellationRequested) controller.abort();
	else token.onCancellationRequested(() => controller.abort());
	return controller.signal;
}
