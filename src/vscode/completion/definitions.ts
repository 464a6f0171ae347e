/** Finds the definitions of names near the cursor, through the language's extension. */

import * as vscode from "vscode";
import { lookupNames } from "../../completion/context/lookupNames.ts";
import {
	linesOf,
	type Region,
	regionAround,
	regionFrom,
} from "../../workspace/regions.ts";
import { workspacePath } from "../workspace/documentPath.ts";
import { linkProblemOf } from "../workspace/realFiles.ts";

export interface FoundDefinition {
	/** Relative to the workspace. */
	readonly path: string;
	/** Of the whole file. */
	readonly text: string;
	readonly region: Region;
}

/** A language server that is still starting takes many seconds: then there are no definitions this time. */
const timeoutMs = 500;
const maxFileBytes = 256 * 1024;

export async function findDefinitions(
	editor: vscode.TextEditor,
): Promise<readonly FoundDefinition[]> {
	const { document } = editor;
	const deadline = new Promise<undefined>((resolve) =>
		setTimeout(() => resolve(undefined), timeoutMs),
	);
	const places = lookupNames(
		(line) => document.lineAt(line).text,
		document.lineCount,
		editor.selection.active.line,
	);
	const lookups = places.map(({ line, column }) =>
		Promise.race([
			definitionAt(document, new vscode.Position(line, column)),
			deadline,
		]),
	);
	return (await Promise.all(lookups)).flatMap((it) => it ?? []);
}

/** Undefined where the definition is in this document, outside of the workspace, or unknown. */
async function definitionAt(
	document: vscode.TextDocument,
	position: vscode.Position,
): Promise<FoundDefinition | undefined> {
	try {
		const [found] = await vscode.commands.executeCommand<
			(vscode.Location | vscode.LocationLink)[]
		>("vscode.executeDefinitionProvider", document.uri, position);
		if (!found) return undefined;
		const { uri, range } =
			"targetUri" in found
				? { uri: found.targetUri, range: found.targetRange }
				: found;
		if (
			uri.toString() === document.uri.toString() ||
			!vscode.workspace.getWorkspaceFolder(uri) ||
			linkProblemOf(uri)
		)
			return undefined;
		const text = await textOf(uri);
		const { start, end } = range;
		// A range of one line covers only the name.
		const shown =
			end.line > start.line
				? regionFrom(linesOf(text), start.line, end.line + 1)
				: regionAround(text, start.line);
		return shown && { path: workspacePath(uri), text, region: shown };
	} catch {
		// A failing language extension must not cost the rest of the context.
		return undefined;
	}
}

/** Prefers the text of an open document. Throws where the file is gone or too large. */
async function textOf(uri: vscode.Uri): Promise<string> {
	const open = vscode.workspace.textDocuments.find(
		(it) => it.uri.toString() === uri.toString(),
	);
	if (open) return open.getText();
	const { size } = await vscode.workspace.fs.stat(uri);
	if (size > maxFileBytes) throw new Error("the file is large");
	return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
}
