/** Feeds edits and visits in the editor to the context store, and detects idle moments. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import type { Event } from "../../base/event.ts";
import {
	type ContextStore,
	maxContextFileChars,
} from "../../completion/context/contextStore.ts";
import { regionAround } from "../../workspace/regions.ts";
import { documentPath, workspacePath } from "../workspace/documentPath.ts";
import { documentLinkProblem } from "../workspace/realFiles.ts";
import { findDefinitions } from "./definitions.ts";
import { isLong } from "./documentSnapshot.ts";

export interface ContextWatcherOptions {
	readonly store: ContextStore;
	/** Fires when the set of files that the model may see may have changed. */
	readonly onDidReadRules: Event<void>;
	/** Whether there are automatic suggestions in a document, and prompts can be prepared for it. */
	readonly isWanted: (document: vscode.TextDocument) => boolean;
	/** Whether prompts have room for snippets of other files. */
	readonly hasRoom: () => boolean;
	/** Called when the user is idle: the next prompt can be evaluated. Resolves to false to be called again later. */
	readonly onIdle: (editor: vscode.TextEditor) => Promise<boolean>;
}

/** After this long without typing, the user is idle. */
const idleMs = 1500;
/** A cursor that moves by more lines has left its place. */
const jumpLines = 32;

export class ContextWatcher implements Disposable {
	readonly #options: ContextWatcherOptions;
	readonly #store = new DisposableStore();
	/** The line of the last edit, by document. */
	readonly #edited = new Map<vscode.TextDocument, number>();
	#last: { document: vscode.TextDocument; line: number } | undefined;
	#timer: NodeJS.Timeout | undefined;
	/** The place of the last lookup of definitions. */
	#lastLookup = "";

	constructor(options: ContextWatcherOptions) {
		this.#options = options;
		const { workspace, window } = vscode;
		const { store } = options;
		for (const subscription of [
			workspace.onDidOpenTextDocument((it) => this.#opened(it)),
			workspace.onDidChangeTextDocument((event) => this.#changed(event)),
			workspace.onDidSaveTextDocument((it) => this.#flush(it)),
			workspace.onDidCloseTextDocument((it) => {
				this.#flush(it);
				store.closed(documentPath(it));
			}),
			workspace.onDidDeleteFiles(({ files }) => {
				for (const uri of files) store.forget(workspacePath(uri));
			}),
			workspace.onDidRenameFiles(({ files }) => {
				for (const { oldUri } of files) store.forget(workspacePath(oldUri));
			}),
			window.onDidChangeTextEditorSelection(({ textEditor }) =>
				this.#movedTo(textEditor),
			),
			window.onDidChangeActiveTextEditor((editor) => {
				this.#leave();
				if (editor) this.#movedTo(editor);
			}),
		])
			this.#store.add(subscription);
		const openAll = (): void => {
			for (const document of workspace.textDocuments) this.#opened(document);
		};
		this.#store.add(options.onDidReadRules(openAll));
		openAll();
		if (window.activeTextEditor) this.#movedTo(window.activeTextEditor);
	}

	dispose(): void {
		clearTimeout(this.#timer);
		this.#store.dispose();
	}

	#opened(document: vscode.TextDocument): void {
		if (isInWorkspace(document) && !isLong(document))
			this.#options.store.open(documentPath(document), document.getText());
	}

	#changed({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
		const line = contentChanges.at(-1)?.range.start.line;
		if (line === undefined || !isInWorkspace(document)) return;
		this.#edited.set(document, line);
		this.#restartTimer();
	}

	#movedTo({ document, selection }: vscode.TextEditor): void {
		const { line } = selection.active;
		const last = this.#last;
		if (last?.document === document && Math.abs(last.line - line) > jumpLines)
			this.#leave();
		this.#last = { document, line };
		this.#restartTimer();
	}

	/** Remembers the place that the cursor leaves as visited. */
	#leave(): void {
		const last = this.#last;
		this.#last = undefined;
		if (!last || last.document.isClosed) return;
		this.#flush(last.document);
		this.#remember(last.document, "visited", last.line);
	}

	/** Remembers an edit once it is over: updating a file splits it into regions, which is too much for every key. */
	#flush(document: vscode.TextDocument): void {
		const line = this.#edited.get(document);
		if (line === undefined) return;
		this.#edited.delete(document);
		if (isLong(document)) {
			this.#options.store.forget(documentPath(document));
			return;
		}
		this.#options.store.changed(documentPath(document), document.getText());
		this.#remember(document, "edited", line);
	}

	#remember(
		document: vscode.TextDocument,
		kind: "edited" | "visited",
		line: number,
	): void {
		if (!isInWorkspace(document) || isLong(document)) return;
		const text = document.getText();
		if (text.length > maxContextFileChars) return;
		const region = regionAround(text, line);
		if (region)
			this.#options.store.remember(documentPath(document), text, kind, region);
	}

	#restartTimer(): void {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.#idle(), idleMs);
	}

	/** Looks up definitions near the cursor, once per place. */
	async #lookUpDefinitions(editor: vscode.TextEditor): Promise<void> {
		const { document, selection } = editor;
		const place = `${document.uri}@${document.version}:${selection.active.line}`;
		if (place === this.#lastLookup) return;
		this.#lastLookup = place;
		for (const { path, text, region } of await findDefinitions(editor))
			this.#options.store.remember(path, text, "definition", region);
	}

	async #idle(): Promise<void> {
		const editor = vscode.window.activeTextEditor;
		if (!editor || !vscode.window.state.focused) return;
		const { document } = editor;
		if (!this.#options.isWanted(document)) return;
		const { version } = document;
		for (const edited of [...this.#edited.keys()]) this.#flush(edited);
		if (this.#options.hasRoom() && isInWorkspace(document))
			await this.#lookUpDefinitions(editor);
		if (
			document.version === version &&
			vscode.window.activeTextEditor === editor &&
			!(await this.#options.onIdle(editor))
		)
			this.#restartTimer();
	}
}

/** Longer files are unlikely to be written by hand, and splitting them would delay typing. */
const maxLines = 5000;

/** Files outside of the workspace are not part of the project, and no ignore rules apply to them. So are those that links lead to. */
function isInWorkspace(document: vscode.TextDocument): boolean {
	return (
		document.lineCount <= maxLines &&
		vscode.workspace.getWorkspaceFolder(document.uri) !== undefined &&
		!documentLinkProblem(document)
	);
}
