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
import { type Decision, decisionText } from "../completion/decisions.ts";
import type {
	DocumentSnapshot,
	Indentation,
} from "../completion/documentContext.ts";
import type {
	CompletionEngine,
	CompletionWork,
} from "../completion/getCompletion.ts";
import type { NoSuggestionReason } from "../completion/reasons.ts";
import { documentPath } from "./documentPath.ts";
import type { Quiet } from "./quiet.ts";

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
	readonly quiet: Quiet;
	/** Fires when earlier suggestions hold no longer, as after a change of the model. */
	readonly onDidInvalidate: (listener: () => void) => Disposable;
	/** Called with each suggestion that is given to VS Code. */
	readonly onSuggestion: (suggestion: GivenSuggestion) => void;
	/** Called once for each question of VS Code. */
	readonly onDecision: (decision: Decision) => void;
	readonly log: Log;
}

interface Answer extends Pick<Decision, "outcome" | "work"> {
	/** The best one first. */
	readonly items?: vscode.InlineCompletionItem[];
}

export function registerInlineCompletion({
	engine,
	quiet,
	onDidInvalidate,
	onSuggestion,
	onDecision,
	log,
}: InlineCompletionOptions): Disposable {
	/** Where an answer came late, while VS Code is asked to ask for it. */
	let offered: Place | undefined;
	const session = new CompletionSession({
		engine,
		log,
		onLateSuggestion: (place) => {
			const here = currentPlace();
			if (!here || !samePlace(here, place)) return;
			log.debug("a suggestion that came late is offered again");
			offered = place;
			const forget = (): void => {
				if (offered === place) offered = undefined;
			};
			// The cache answers this one. VS Code 1.104 ignores the argument and shows it all the same.
			vscode.commands
				.executeCommand("editor.action.inlineSuggest.trigger", {
					explicit: false,
				})
				.then(forget, forget);
		},
	});

	async function answer(
		document: vscode.TextDocument,
		position: vscode.Position,
		context: vscode.InlineCompletionContext,
		token: vscode.CancellationToken,
	): Promise<Answer> {
		const suggestion = await session.suggest(
			snapshotOf(document, position),
			abortSignal(token),
		);
		const { work } = suggestion;
		if (suggestion.kind === "none") return none(suggestion.reason, work);
		if (token.isCancellationRequested) return none({ kind: "cancelled" }, work);
		const items = [suggestion.text].flatMap(
			(text) => itemFor(text, document, position, context) ?? [],
		);
		if (items.length === 0) return none({ kind: "selectedEntry" }, work);
		onSuggestion(suggestion);
		const { text, source } = suggestion;
		const characters = text.length;
		return { items, outcome: { kind: "suggested", characters, source }, work };
	}

	const store = new DisposableStore();
	store.add(onDidInvalidate(() => session.clear()));
	store.add(
		quiet.onDidChange(() => {
			// What runs is then not wanted any more.
			if (quiet.reasonFor(vscode.window.activeTextEditor?.document))
				session.clear();
		}),
	);
	store.add(toDisposable(() => session.clear()));
	// An edit moves the cursor too, and where it does not, VS Code asks anew: the selection alone tells enough.
	const followCursor = (): void =>
		session.movedTo(currentPlace(), currentSnapshot);
	store.add(vscode.window.onDidChangeTextEditorSelection(followCursor));
	store.add(vscode.window.onDidChangeActiveTextEditor(followCursor));
	store.add(
		vscode.languages.registerInlineCompletionItemProvider(selector, {
			async provideInlineCompletionItems(document, position, context, token) {
				const atMs = Date.now();
				const startMs = performance.now();
				const isOffer =
					offered !== undefined &&
					samePlace(offered, placeAt(document, position));
				// VS Code 1.104 calls the offers explicit too.
				const isExplicit =
					context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke &&
					!isOffer;
				// Who asks by hand is answered, whatever is switched off; what is offered was asked for before.
				const reason =
					isExplicit || isOffer ? undefined : quiet.reasonFor(document);
				const { items, outcome, work } = reason
					? none(reason)
					: await answer(document, position, context, token);
				const decision: Decision = {
					atMs,
					path: documentPath(document),
					languageId: document.languageId,
					line: position.line + 1,
					column: position.character + 1,
					isExplicit,
					outcome,
					work,
					totalMs: performance.now() - startMs,
				};
				log.trace(`decision: ${decisionText({ ...decision, count: 1 })}`);
				onDecision(decision);
				return items;
			},
		}),
	);
	return store;
}

function none(reason: NoSuggestionReason, work?: CompletionWork): Answer {
	return { outcome: { kind: "none", reason }, work };
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
		path: documentPath(document),
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
	return placeAt(editor.document, editor.selection.active);
}

function placeAt(
	document: vscode.TextDocument,
	position: vscode.Position,
): Place {
	return {
		uri: document.uri.toString(),
		version: document.version,
		offset: document.offsetAt(position),
	};
}

function abortSignal(token: vscode.CancellationToken): AbortSignal {
	const controller = new AbortController();
	if (token.isCancellationRequested) controller.abort();
	else token.onCancellationRequested(() => controller.abort());
	return controller.signal;
}
