/** How documents are named towards the model, in the log and in lists. */

import * as vscode from "vscode";

/** Relative to the workspace, with forward slashes. */
export function documentPath({ uri }: vscode.TextDocument): string {
	return vscode.workspace.asRelativePath(uri, false).replaceAll("\\", "/");
}
