/** Watches what is edited and looked at, so that suggestions know of other files, and finds the moments in which nobody types. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import type { Event } from "../../base/event.ts";
import type { ContextStore } from "../../completion/context/contextStore.ts";
import { regionAround } from "../../workspace/regions.ts";
import { documentPath, workspacePath } from "../workspace/documentPath.ts";
import { findDefinitions } from "./definitions.ts";

export interface ContextWatcherOptions {
	readonly store: ContextStore;
	/** Fires when it may have changed which files may be shown. */
	readonly onDidReadRules: Event<void>;
	/** Whether suggestions in a document are wanted, and can be prepared. */
	readonly isWanted: (document: vscode.TextDocument) => boolean;
	/** Whether prompts have room for text of other files. */
	readonly hasRoom: () => boolean;
	/** Nobody types: what the next prompt needs can be evaluated. False where something else was under way. */
	readonly onIdle: (editor: vscode.TextEditor) => Promise<boolean>;
}

/** Who has not typed for so long is reading. */
const idleMs = 1500;
/** A cursor that moves by more lines is somewhere else. */
const jumpLines = 32;

export class ContextWatcher implements Disposable {
	readonly #options: ContextWatcherOptions;
	readonly #store = new DisposableStore();
	/** The line last edited, by document. */
	readonly #edited = new Map<vscode.TextDocument, number>();
	#last: { document: vscode.TextDocument; line: number } | undefined;
	#timer: NodeJS.Timeout | undefined;
	/** Where definitions were looked up last. */
	#lookedUp = "";

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
		if (isOfWorkspace(document))
			this.#options.store.open(documentPath(document), document.getText());
	}

	#changed({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
		const line = contentChanges.at(-1)?.range.start.line;
		if (line === undefined || !isOfWorkspace(document)) return;
		this.#edited.set(document, line);
		this.#wait();
	}

	#movedTo({ document, selection }: vscode.TextEditor): void {
		const { line } = selection.active;
		const last = this.#last;
		if (last?.document === document && Math.abs(last.line - line) > jumpLines)
			this.#leave();
		this.#last = { document, line };
		this.#wait();
	}

	/** What was looked at last was looked at for a reason. */
	#leave(): void {
		const last = this.#last;
		this.#last = undefined;
		if (!last || last.document.isClosed) return;
		this.#flush(last.document);
		this.#remember(last.document, "visited", last.line);
	}

	/** An edit is remembered when it is done: each key would cut the file anew. */
	#flush(document: vscode.TextDocument): void {
		const line = this.#edited.get(document);
		if (line === undefined) return;
		this.#edited.delete(document);
		this.#options.store.changed(documentPath(document), document.getText());
		this.#remember(document, "edited", line);
	}

	#remember(
		document: vscode.TextDocument,
		kind: "edited" | "visited",
		line: number,
	): void {
		if (!isOfWorkspace(document)) return;
		const text = document.getText();
		const region = regionAround(text, line);
		if (region)
			this.#options.store.remember(documentPath(document), text, kind, region);
	}

	#wait(): void {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.#idle(), idleMs);
	}

	/** Once at a place: its names are defined where they were a moment ago. */
	async #lookUp(editor: vscode.TextEditor): Promise<void> {
		const { document, selection } = editor;
		const place = `${document.uri}@${document.version}:${selection.active.line}`;
		if (place === this.#lookedUp) return;
		this.#lookedUp = place;
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
		if (this.#options.hasRoom() && isOfWorkspace(document))
			await this.#lookUp(editor);
		if (
			document.version === version &&
			vscode.window.activeTextEditor === editor &&
			!(await this.#options.onIdle(editor))
		)
			this.#wait();
	}
}

/** A file of more lines is hardly written by hand, and looking through it would hold up the keys. */
const maxLines = 5000;

/** Files outside are not the project's, and no rule tells which of them may be shown. */
function isOfWorkspace({ uri, lineCount }: vscode.TextDocument): boolean {
	return (
		lineCount <= maxLines &&
		vscode.workspace.getWorkspaceFolder(uri) !== undefined
	);
}
