/** The paths of documents as the model, the log and lists see them. */

import * as vscode from "vscode";

/** Relative to the workspace, with forward slashes; starts with the name of the folder where the workspace has several. */
export function documentPath({ uri }: vscode.TextDocument): string {
	return workspacePath(
		uri.scheme === "vscode-notebook-cell" ? notebookOf(uri) : uri,
	);
}

/** The URI of a cell has its notebook's path, but a scheme that is in no workspace. */
function notebookOf(cell: vscode.Uri): vscode.Uri {
	const [folder] = vscode.workspace.workspaceFolders ?? [];
	return cell.with({ scheme: folder?.uri.scheme ?? "file", fragment: "" });
}

export function workspacePath(uri: vscode.Uri): string {
	return vscode.workspace.asRelativePath(uri).replaceAll("\\", "/");
}

/** Empty where a document is in no workspace folder. */
export function workspaceFolderName(uri: string): string {
	return vscode.workspace.getWorkspaceFolder(vscode.Uri.parse(uri))?.name ?? "";
}

/** False for output, for inputs of VS Code, and for other versions of a file, such as our proposed edits, which have the file's path. */
export function isOfUser({ uri }: vscode.TextDocument): boolean {
	return (
		["file", "untitled", "vscode-notebook-cell"].includes(uri.scheme) ||
		vscode.workspace.getWorkspaceFolder(uri) !== undefined
	);
}
