/** Finds the definitions of names near the cursor, through the language's extension. */

import * as vscode from "vscode";
import {
	linesOf,
	type Region,
	region,
	regionAround,
} from "../../workspace/regions.ts";
import { workspacePath } from "../workspace/documentPath.ts";

export interface FoundDefinition {
	/** Relative to the workspace. */
	readonly path: string;
	/** Of the whole file. */
	readonly text: string;
	readonly region: Region;
}

/** Names are taken from the current line and those just above it. */
const linesAbove = 4;
const maxNames = 8;
const maxImports = 4;
const importLines = 100;
const importing = /^\s*(?:import|from|use|using|require|include)\b/;
const keywords = /^(?:import|from|type|use|using|require|include)$/;
const names = /[\p{L}_$][\p{L}\p{N}_$]{2,}/gu;
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
	const lookups = namesNear(editor).map((position) =>
		Promise.race([definitionAt(document, position), deadline]),
	);
	return (await Promise.all(lookups)).flatMap((it) => it ?? []);
}

/** The positions of the names nearest to the cursor, each once. */
function namesNear({
	document,
	selection,
}: vscode.TextEditor): vscode.Position[] {
	const places = new Map<string, vscode.Position>();
	const { line } = selection.active;
	const collect = (at: number, accepts: (name: string) => boolean): void => {
		for (const { 0: name, index } of document.lineAt(at).text.matchAll(names))
			if (!places.has(name) && accepts(name))
				places.set(name, new vscode.Position(at, index));
	};
	for (let at = line; at >= Math.max(0, line - linesAbove); at--)
		collect(at, () => true);
	const near = [...places.values()].slice(0, maxNames);
	// Imports tell what the file uses, and the last ones usually come from the project itself.
	places.clear();
	for (let at = 0; at < Math.min(importLines, document.lineCount); at++)
		if (importing.test(document.lineAt(at).text))
			collect(at, (name) => !keywords.test(name));
	return [...near, ...[...places.values()].slice(-maxImports)];
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
			!vscode.workspace.getWorkspaceFolder(uri)
		)
			return undefined;
		const text = await textOf(uri);
		const { start, end } = range;
		// A range of one line covers only the name.
		const shown =
			end.line > start.line
				? region(linesOf(text), start.line, end.line + 1)
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
