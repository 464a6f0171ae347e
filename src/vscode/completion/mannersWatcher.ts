/** Tells the manners what the user does: edits with the text that they removed, moves of the cursor, and Escape on ghost text. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import { editOf, type NearbyLines } from "../../completion/manners/edits.ts";
import type { Manners } from "../../completion/manners/manners.ts";

/** Lines on either side of the cursor whose text is kept: deletions beyond are not recognized. */
const keptLines = 64;

/** Bound to Escape while ghost text is visible that may be ours. Internal: not in the command palette. */
const rejectCommand = "headroom.internal.rejectSuggestion";
/** A context key of the `when` clause for that. */
const shownKey = "headroom.hasSuggestion";

export class MannersWatcher implements Disposable {
	readonly #manners: Manners;
	readonly #store = new DisposableStore();
	#nearby:
		| (NearbyLines & { readonly document: vscode.TextDocument })
		| undefined;
	#isKeySet = false;

	constructor(manners: Manners) {
		this.#manners = manners;
		const { workspace, window, commands } = vscode;
		for (const it of [
			workspace.onDidChangeTextDocument((event) => this.#changed(event)),
			window.onDidChangeTextEditorSelection(({ textEditor }) => {
				if (textEditor === window.activeTextEditor) this.#movedTo(textEditor);
			}),
			window.onDidChangeActiveTextEditor((editor) => this.#movedTo(editor)),
			commands.registerCommand(rejectCommand, async () => {
				manners.dismissed();
				this.update();
				await commands.executeCommand("editor.action.inlineSuggest.hide");
			}),
		])
			this.#store.add(it);
		this.#movedTo(window.activeTextEditor);
	}

	/** Tells the editor whether a suggestion of ours may be on screen. */
	update(): void {
		const { isShown } = this.#manners;
		if (isShown === this.#isKeySet) return;
		this.#isKeySet = isShown;
		void vscode.commands.executeCommand("setContext", shownKey, isShown);
	}

	dispose(): void {
		this.#store.dispose();
	}

	#changed({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
		const nearby = this.#nearby;
		const [first] = contentChanges;
		if (!first || nearby?.document !== document) return;
		const uri = document.uri.toString();
		for (const { range, text } of contentChanges) {
			const edit = editOf(nearby, {
				startLine: range.start.line,
				startCharacter: range.start.character,
				endLine: range.end.line,
				endCharacter: range.end.character,
				text,
			});
			if (edit) this.#manners.edited(uri, edit, performance.now());
		}
		this.#keep(document, first.range.start.line);
		this.update();
	}

	#movedTo(editor: vscode.TextEditor | undefined): void {
		const isAtOnePlace = editor?.selections.every((it) => it.isEmpty) === true;
		if (editor && isAtOnePlace) {
			const { document, selection } = editor;
			const { line, character } = selection.active;
			this.#manners.movedTo({ uri: document.uri.toString(), line, character });
		} else this.#manners.movedTo(undefined);
		this.update();
		if (!editor) return;
		const { document, selection } = editor;
		const { line } = selection.active;
		const nearby = this.#nearby;
		const distance =
			nearby?.document === document
				? Math.abs(nearby.firstLine + keptLines - line)
				: keptLines;
		// Small moves stay within the lines, and edits take them anew.
		if (distance > keptLines / 2) this.#keep(document, line);
	}

	#keep(document: vscode.TextDocument, line: number): void {
		const firstLine = line - keptLines;
		const lines: string[] = [];
		for (let at = firstLine; at <= line + keptLines; at++)
			lines.push(
				at >= 0 && at < document.lineCount ? document.lineAt(at).text : "",
			);
		this.#nearby = { document, firstLine, lines };
	}
}
