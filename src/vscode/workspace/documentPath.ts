/** How documents are named towards the model, in the log and in lists. */

import * as vscode from "vscode";

/** Relative to the workspace, with forward slashes; with the name of the folder where the workspace has several. */
export function documentPath({ uri }: vscode.TextDocument): string {
	return workspacePath(
		uri.scheme === "vscode-notebook-cell" ? notebookOf(uri) : uri,
	);
}

/** A cell has the path of its notebook, under a scheme that is in no workspace. */
function notebookOf(cell: vscode.Uri): vscode.Uri {
	const [folder] = vscode.workspace.workspaceFolders ?? [];
	return cell.with({ scheme: folder?.uri.scheme ?? "file", fragment: "" });
}

export function workspacePath(uri: vscode.Uri): string {
	return vscode.workspace.asRelativePath(uri).replaceAll("\\", "/");
}

/** Empty where a document is in no folder of the workspace. */
export function workspaceFolderName(uri: string): string {
	return vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(uri))?.name ?? "";
}

/** Neither an output, nor an input of VS Code, nor another state of a file, such as a proposal of ours: outside of the workspace these have its path. */
export function isOfUser({ uri }: vscode.TextDocument): boolean {
	return (
		["file", "untitled", "vscode-notebook-cell"].includes(uri.scheme) ||
		vscode.workspace.getWorkspaceFolder(uri) !== undefined
	);
}
