/** Ghost text: between VS Code's inline completions and the completion session. */

import * as vscode from "vscode";
import {
	type Disposable,
	DisposableStore,
	toDisposable,
} from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import type { NoSuggestionReason } from "../../completion/reasons/reasons.ts";
import type {
	CompletionEngine,
	CompletionWork,
	PromptContextProvider,
} from "../../completion/request/getCompletion.ts";
import { CompletionSession } from "../../completion/session/completionSession.ts";
import {
	type CompletionDecision,
	decisionText,
} from "../../completion/session/decisions.ts";
import { withSelectedEntry } from "../../completion/session/selectedEntry.ts";
import { type Place, samePlace } from "../../completion/session/suggestion.ts";
import type { DocumentSnapshot } from "../../completion/text/documentContext.ts";
import { messageOf } from "../../protocol/errors.ts";
import type { Indentation } from "../../workspace/indentation.ts";
import { documentPath } from "../workspace/documentPath.ts";
import type { AutoSuggest } from "./autoSuggest.ts";

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
	readonly contextProvider: PromptContextProvider;
	readonly autoSuggest: AutoSuggest;
	/** Fires when earlier suggestions hold no longer, as after a change of the model. */
	readonly onDidInvalidate: (listener: () => void) => Disposable;
	/** Called with each suggestion that is given to VS Code. */
	readonly onSuggestion: (suggestion: GivenSuggestion) => void;
	/** Called once for each question of VS Code. */
	readonly onDecision: (decision: CompletionDecision) => void;
	readonly log: Log;
}

interface Answer extends Pick<CompletionDecision, "outcome" | "work"> {
	/** The best one first. */
	readonly items?: vscode.InlineCompletionItem[];
}

/** Runs when VS Code has put a suggestion into the document. Not for people, and so in no palette. */
const acceptedCommand = "headroom.internal.suggestionAccepted";

/** Besides the first, where someone asks by hand: as many as VS Code goes through with two keys. */
const alternativeCount = 2;
/** VS Code shows nothing before all are there: who asked does not wait longer than this for more. */
const alternativesMs = 500;

export class InlineCompletionProvider
	implements vscode.InlineCompletionItemProvider, Disposable
{
	readonly #options: InlineCompletionOptions;
	readonly #session: CompletionSession;
	readonly #store = new DisposableStore();
	/** Where an answer came late, while VS Code is asked to ask for it. */
	#offered: Place | undefined;

	constructor(options: InlineCompletionOptions) {
		this.#options = options;
		const { engine, contextProvider, autoSuggest, onDidInvalidate, log } =
			options;
		const session = new CompletionSession({
			engine,
			contextProvider,
			log,
			onLateSuggestion: (place, isMore) => void this.#offer(place, isMore),
			sleep,
			now: () => performance.now(),
		});
		this.#session = session;
		// An edit moves the cursor too, and where it does not, VS Code asks anew: the selection alone tells enough.
		const followCursor = (): void =>
			session.movedTo(currentPlace(), currentSnapshot);
		for (const it of [
			onDidInvalidate(() => session.clear()),
			autoSuggest.onDidChange(() => {
				// What runs is then not wanted any more.
				if (autoSuggest.reasonFor(vscode.window.activeTextEditor?.document))
					session.clear();
			}),
			toDisposable(() => session.clear()),
			vscode.window.onDidChangeTextEditorSelection(followCursor),
			vscode.window.onDidChangeActiveTextEditor(followCursor),
			vscode.commands.registerCommand(acceptedCommand, () =>
				session.acceptedAt(currentPlace()),
			),
			vscode.languages.registerInlineCompletionItemProvider(selector, this),
		])
			this.#store.add(it);
	}

	/** Nobody types: evaluates what the next prompt in this editor needs. False where something else was under way. */
	prepare({ document, selection }: vscode.TextEditor): Promise<boolean> {
		return this.#session.prepare(snapshotOf(document, selection.active));
	}

	async provideInlineCompletionItems(
		document: vscode.TextDocument,
		position: vscode.Position,
		context: vscode.InlineCompletionContext,
		token: vscode.CancellationToken,
	): Promise<vscode.InlineCompletionItem[] | undefined> {
		const atMs = Date.now();
		const startMs = performance.now();
		const isOffer =
			this.#offered !== undefined &&
			samePlace(this.#offered, placeAt(document, position));
		// VS Code 1.104 calls the offers explicit too.
		const isExplicit =
			context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke &&
			!isOffer;
		// Who asks by hand is answered, whatever is switched off; what is offered was asked for before.
		const reason =
			isExplicit || isOffer
				? undefined
				: this.#options.autoSuggest.reasonFor(document);
		const { items, outcome, work } = reason
			? none(reason)
			: await this.#answer(document, position, context, token, isExplicit);
		const decision: CompletionDecision = {
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
		const { log, onDecision } = this.#options;
		log.trace(`decision: ${decisionText({ ...decision, count: 1 })}`);
		onDecision(decision);
		return items;
	}

	dispose(): void {
		this.#store.dispose();
	}

	async #answer(
		document: vscode.TextDocument,
		position: vscode.Position,
		context: vscode.InlineCompletionContext,
		token: vscode.CancellationToken,
		isExplicit: boolean,
	): Promise<Answer> {
		const at = targetOf(document, position, context, (snapshot) =>
			this.#session.known(snapshot),
		);
		const signal = abortSignal(token);
		const suggestion = await this.#session.suggest(at.snapshot, {
			signal,
			isExplicit,
		});
		const { work } = suggestion;
		if (suggestion.kind === "none") return none(suggestion.reason, work);
		if (token.isCancellationRequested) return none({ kind: "cancelled" }, work);
		const { text, source } = suggestion;
		const others = isExplicit
			? await this.#session.alternatives(
					at.snapshot,
					text,
					alternativeCount,
					AbortSignal.any([signal, AbortSignal.timeout(alternativesMs)]),
				)
			: [];
		this.#options.onSuggestion(suggestion);
		return {
			items: [text, ...others].map((it) => itemFor(it, at)),
			outcome: { kind: "suggested", characters: text.length, source },
			work,
		};
	}

	async #offer(place: Place, isMore: boolean): Promise<void> {
		const here = currentPlace();
		if (!here || !samePlace(here, place)) return;
		const { log } = this.#options;
		log.debug("a suggestion that came late, or more of one, is offered again");
		this.#offered = place;
		const { executeCommand } = vscode.commands;
		try {
			// VS Code does not ask again where something is shown.
			if (isMore) await executeCommand("editor.action.inlineSuggest.hide");
			// The cache answers this one. VS Code 1.104 ignores the argument and shows it all the same.
			await executeCommand("editor.action.inlineSuggest.trigger", {
				explicit: false,
			});
		} catch (thrown) {
			log.debug(`it could not be offered: ${messageOf(thrown)}`);
		} finally {
			if (this.#offered === place) this.#offered = undefined;
		}
	}
}

function none(reason: NoSuggestionReason, work?: CompletionWork): Answer {
	return { outcome: { kind: "none", reason }, work };
}

/** What is completed, and what of the document an item for it replaces. */
interface Target {
	readonly snapshot: DocumentSnapshot;
	readonly range: vscode.Range;
	/** What an item has before and behind the suggestion, to be the whole text of the range. */
	readonly before: string;
	readonly after: string;
}

/**
 * VS Code shows an item only where its text begins with what stands in its range, and beside the suggest widget only where
 * it continues the selected entry in that entry's range. There the document is completed as it is with the entry taken, unless what is
 * known for the document as it stands begins like the entry anyway.
 */
function targetOf(
	document: vscode.TextDocument,
	position: vscode.Position,
	{ selectedCompletionInfo: selected }: vscode.InlineCompletionContext,
	known: (snapshot: DocumentSnapshot) => { readonly text: string } | undefined,
): Target {
	const snapshot = snapshotOf(document, position);
	const range =
		selected?.range ??
		new vscode.Range(position.with({ character: 0 }), position);
	const before = document.getText(range.with({ end: position }));
	const after = document.getText(range.with({ start: position }));
	const asItStands = { snapshot, range, before, after };
	if (!selected) return asItStands;
	const { text } = selected;
	const suggested = known(snapshot)?.text;
	if (suggested !== undefined && `${before}${suggested}`.startsWith(text))
		return asItStands;
	const start = snapshot.offset - before.length;
	const end = snapshot.offset + after.length;
	return {
		snapshot: withSelectedEntry(snapshot, { start, end, text }),
		range,
		before: text,
		after: "",
	};
}

function itemFor(
	suggested: string,
	{ range, before, after }: Target,
): vscode.InlineCompletionItem {
	const item = new vscode.InlineCompletionItem(
		before + suggested + after,
		range,
	);
	item.command = { command: acceptedCommand, title: "" };
	return item;
}

function snapshotOf(
	document: vscode.TextDocument,
	position: vscode.Position,
): DocumentSnapshot {
	const above = cellsAbove(document);
	return {
		uri: document.uri.toString(),
		path: documentPath(document),
		languageId: document.languageId,
		indentation: indentationOf(document),
		version: document.version,
		text: above + document.getText(),
		offset: above.length + document.offsetAt(position),
	};
}

/** A notebook is one program: the cells of the same language above a cell belong to its text. Empty elsewhere. */
function cellsAbove(document: vscode.TextDocument): string {
	if (document.uri.scheme !== "vscode-notebook-cell") return "";
	for (const notebook of vscode.workspace.notebookDocuments) {
		const cells = notebook.getCells();
		const index = cells.findIndex((it) => it.document === document);
		if (index < 0) continue;
		return cells
			.slice(0, index)
			.filter((it) => it.document.languageId === document.languageId)
			.map((it) => `${it.document.getText()}\n\n`)
			.join("");
	}
	return "";
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

/** The first cursor of the active editor; undefined where text is selected. */
function currentPlace(): Place | undefined {
	const editor = vscode.window.activeTextEditor;
	if (!editor?.selections.every((it) => it.isEmpty)) return undefined;
	return placeAt(editor.document, editor.selection.active);
}

function placeAt(
	document: vscode.TextDocument,
	position: vscode.Position,
): Place {
	return {
		uri: document.uri.toString(),
		version: document.version,
		offset: cellsAbove(document).length + document.offsetAt(position),
	};
}

/** Settles after the time, or when the signal aborts. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
	return ms <= 0 || signal.aborted
		? Promise.resolve()
		: new Promise((resolve) => {
				const timer = setTimeout(done, ms);
				function done(): void {
					clearTimeout(timer);
					signal.removeEventListener("abort", done);
					resolve();
				}
				signal.addEventListener("abort", done);
			});
}

function abortSignal(token: vscode.CancellationToken): AbortSignal {
	const controller = new AbortController();
	if (token.isCancellationRequested) controller.abort();
	else token.onCancellationRequested(() => controller.abort());
	return controller.signal;
}
