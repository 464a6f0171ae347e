/** The most recently used text editor that is still visible: the one that the chat refers to. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import { Emitter, type Event } from "../../base/event.ts";
import { isOfUser } from "./documentPath.ts";

export class LastEditor implements Disposable {
	readonly #store = new DisposableStore();
	readonly #onDidChange = this.#store.add(new Emitter<void>());
	#last = vscode.window.activeTextEditor;

	/** Fires when the editor or its selection changes. */
	readonly onDidChange: Event<void> = this.#onDidChange.event;

	constructor() {
		const { window } = vscode;
		this.#store.add(
			window.onDidChangeActiveTextEditor((editor) => {
				if (editor && isOfUser(editor.document)) this.#last = editor;
				this.#onDidChange.fire();
			}),
		);
		this.#store.add(
			window.onDidChangeVisibleTextEditors(() => this.#onDidChange.fire()),
		);
		this.#store.add(
			window.onDidChangeTextEditorSelection(({ textEditor }) => {
				if (textEditor === this.#last) this.#onDidChange.fire();
			}),
		);
	}

	/** Undefined where no file is visible. */
	get current(): vscode.TextEditor | undefined {
		const last = this.#last;
		if (!last || !isOfUser(last.document)) return undefined;
		const visible = vscode.window.visibleTextEditors;
		// VS Code creates another editor when the same file is shown elsewhere, such as in a diff.
		return visible.includes(last)
			? last
			: visible.find(({ document }) => document === last.document);
	}

	dispose(): void {
		this.#store.dispose();
	}
}
