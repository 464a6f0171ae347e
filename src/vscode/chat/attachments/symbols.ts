/** Functions, classes and the like by their names, as the extensions of their languages know them. */

import * as vscode from "vscode";
import { failure, type Result, success } from "../../../base/result.ts";
import type { Attachment } from "../../../protocol/conversation.ts";
import { createError, type HeadroomError } from "../../../protocol/errors.ts";
import { regionAround } from "../../../workspace/regions.ts";
import { documentPath, workspacePath } from "../../workspace/documentPath.ts";
import { documentAt } from "./attachedFiles.ts";

export interface FoundSymbol {
	readonly name: string;
	/** Relative to the workspace. */
	readonly path: string;
	/** Of its name or of all of it, as its language's extension has it; counted from 0. */
	readonly line: number;
}

/** Language servers that start up take many seconds: who waits is told. */
const longestMs = 3_000;

/** In the workspace, and in the file that is looked at; the latter first. */
export async function findSymbols(
	query: string,
	visible: vscode.TextDocument | undefined,
): Promise<readonly FoundSymbol[]> {
	const [inFile, inWorkspace] = await Promise.all([
		visible ? symbolsIn(visible) : [],
		// Many answer an empty query with nothing, and some with everything.
		query === "" ? [] : workspaceSymbols(query),
	]);
	return [
		...inFile.map(({ name, range }) => ({
			name,
			path: visible ? documentPath(visible) : "",
			line: range.start.line,
		})),
		...inWorkspace
			.filter(({ location }) =>
				vscode.workspace.getWorkspaceFolder(location.uri),
			)
			.map(({ name, location }) => ({
				name: bareName(name),
				path: workspacePath(location.uri),
				line: location.range.start.line,
			})),
	];
}

/** Its definition as a whole. */
export async function attachSymbol({
	name,
	path,
	line,
}: FoundSymbol): Promise<Result<readonly Attachment[], HeadroomError>> {
	const opened = await documentAt(path);
	if (!opened.ok) return opened;
	const document = opened.value;
	const named = (await symbolsIn(document)).filter((it) => it.name === name);
	const found =
		named.find(({ range }) => range.start.line === line) ??
		named.find(
			({ range }) => range.start.line <= line && line <= range.end.line,
		);
	// Without the symbols of the file only the place is known: what stands round it.
	const around = regionAround(document.getText(), line);
	const part = found
		? {
				startLine: found.range.start.line,
				endLine: found.range.end.line + 1,
				text: linesIn(document, found.range),
			}
		: around;
	if (!part) return failure(createError("symbolMissing", { name }));
	return success([
		{
			kind: "symbol",
			label: `${name}, ${path}:${part.startLine + 1}-${part.endLine}`,
			path,
			languageId: document.languageId,
			text: part.text,
		},
	]);
}

/** Whole lines: the first one would lose its indentation. */
function linesIn(
	document: vscode.TextDocument,
	{ start, end }: vscode.Range,
): string {
	return document.getText(
		new vscode.Range(
			new vscode.Position(start.line, 0),
			document.lineAt(end.line).range.end,
		),
	);
}

interface NamedRange {
	readonly name: string;
	readonly range: vscode.Range;
}

/** With those inside of others, the outer ones first. */
async function symbolsIn({ uri }: vscode.TextDocument): Promise<NamedRange[]> {
	const symbols = await ask<vscode.DocumentSymbol | vscode.SymbolInformation>(
		"vscode.executeDocumentSymbolProvider",
		uri,
	);
	return symbols.flatMap((it) =>
		"location" in it && !("range" in it)
			? [{ name: bareName(it.name), range: it.location.range }]
			: withChildren(it as vscode.DocumentSymbol),
	);
}

function withChildren(symbol: vscode.DocumentSymbol): NamedRange[] {
	const { name, range, children } = symbol;
	return [{ name: bareName(name), range }, ...children.flatMap(withChildren)];
}

async function workspaceSymbols(
	query: string,
): Promise<readonly vscode.SymbolInformation[]> {
	return await ask("vscode.executeWorkspaceSymbolProvider", query);
}

async function ask<T>(
	command: string,
	...args: readonly unknown[]
): Promise<readonly T[]> {
	let timer: NodeJS.Timeout | undefined;
	const deadline = new Promise<undefined>((resolve) => {
		timer = setTimeout(() => resolve(undefined), longestMs);
	});
	try {
		const asked = vscode.commands.executeCommand<readonly T[]>(
			command,
			...args,
		);
		return (await Promise.race([asked, deadline])) ?? [];
	} catch {
		// The extension of a language that fails knows nothing.
		return [];
	} finally {
		clearTimeout(timer);
	}
}

/** Some write `run()`. */
function bareName(name: string): string {
	return name.replace(/\(.*\)$/, "");
}
