/** Documents of the editor as the snapshots that completion works on. */

import * as vscode from "vscode";
import type { Place } from "../../completion/session/suggestion.ts";
import type { DocumentSnapshot } from "../../completion/text/documentContext.ts";
import {
	maxWholeChars,
	windowAround,
} from "../../completion/text/documentWindow.ts";
import type { Indentation } from "../../workspace/indentation.ts";
import { documentPath } from "../workspace/documentPath.ts";

export function snapshotOf(
	document: vscode.TextDocument,
	position: vscode.Position,
): DocumentSnapshot {
	const fields = {
		uri: document.uri.toString(),
		path: documentPath(document),
		languageId: document.languageId,
		indentation: indentationOf(document),
		version: document.version,
	};
	if (isLong(document)) return { ...fields, ...partAround(document, position) };
	const above = cellsAbove(document);
	return {
		...fields,
		text: above + document.getText(),
		offset: above.length + document.offsetAt(position),
	};
}

/** Without its last line: a document of a single one takes no time to join. */
export function isLong(document: vscode.TextDocument): boolean {
	const lastLine = new vscode.Position(document.lineCount - 1, 0);
	return document.offsetAt(lastLine) > maxWholeChars;
}

function partAround(
	document: vscode.TextDocument,
	position: vscode.Position,
): Pick<DocumentSnapshot, "text" | "offset" | "start"> {
	const { startLine, endLine } = windowAround(
		position.line,
		document.lineCount,
	);
	const from = new vscode.Position(startLine, 0);
	const to = new vscode.Position(endLine, 0);
	const start = document.offsetAt(from);
	return {
		text: document.getText(new vscode.Range(from, to)),
		offset: document.offsetAt(position) - start,
		start,
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
		offset:
			(isLong(document) ? 0 : cellsAbove(document).length) +
			document.offsetAt(position),
	};
}
