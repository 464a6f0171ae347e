/** Documents of the editor as the snapshots that completion works on. */

import * as vscode from "vscode";
import type { Place } from "../../completion/session/suggestion.ts";
import type { DocumentSnapshot } from "../../completion/text/documentContext.ts";
import type { Indentation } from "../../workspace/indentation.ts";
import { documentPath } from "../workspace/documentPath.ts";

export function snapshotOf(
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

/** A notebook is one program: the text of a cell starts with the cells above it in the same language. Empty outside of notebooks. */
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

/** From the document's editor, or four spaces where none is visible. */
function indentationOf(document: vscode.TextDocument): Indentation {
	const options = vscode.window.visibleTextEditors.find(
		(editor) => editor.document === document,
	)?.options;
	return {
		insertSpaces: options?.insertSpaces !== false,
		tabSize: typeof options?.tabSize === "number" ? options.tabSize : 4,
	};
}

export function currentSnapshot(): DocumentSnapshot | undefined {
	const editor = vscode.window.activeTextEditor;
	return editor && snapshotOf(editor.document, editor.selection.active);
}

/** The first cursor of the active editor; undefined where text is selected. */
export function currentPlace(): Place | undefined {
	const editor = vscode.window.activeTextEditor;
	if (!editor?.selections.every((it) => it.isEmpty)) return undefined;
	return placeAt(editor.document, editor.selection.active);
}

export function placeAt(
	document: vscode.TextDocument,
	position: vscode.Position,
): Place {
	return {
		uri: document.uri.toString(),
		version: document.version,
		offset: cellsAbove(document).length + document.offsetAt(position),
	};
}
