/** Finds symbols by name through the language extensions. */

import * as vscode from "vscode";
import { failure, type Result, success } from "../../../base/result.ts";
import type { Attachment } from "../../../protocol/attachment.ts";
import { createError, type HeadroomError } from "../../../protocol/errors.ts";
import { regionAround } from "../../../workspace/regions.ts";
import { documentPath, workspacePath } from "../../workspace/documentPath.ts";
import { documentAt, refusedLink } from "./attachedFiles.ts";

export interface FoundSymbol {
	readonly name: string;
	/** Relative to the workspace. */
	readonly path: string;
	/** Zero-based; of the name or of the whole definition, depending on the language extension. */
	readonly line: number;
}

/** A language server that is starting takes many seconds; the user waits for the answer. */
const timeoutMs = 3_000;

/** Symbols in the visible file first, then in the workspace. */
export async function findSymbols(
	query: string,
	visible: vscode.TextDocument | undefined,
): Promise<readonly FoundSymbol[]> {
	const [inFile, inWorkspace] = await Promise.all([
		visible ? symbolsIn(visible) : [],
		// Many extensions answer an empty query with nothing, some with everything.
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

/** Attaches the whole definition. */
export async function attachSymbol({
	name,
	path,
	line,
}: FoundSymbol): Promise<Result<readonly Attachment[], HeadroomError>> {
	const refused = refusedLink(path);
	if (refused) return failure(refused);
	const opened = await documentAt(path);
	if (!opened.ok) return opened;
	const document = opened.value;
	const named = (await symbolsIn(document)).filter((it) => it.name === name);
	const found =
		named.find(({ range }) => range.start.line === line) ??
		named.find(
			({ range }) => range.start.line <= line && line <= range.end.line,
		);
	// Without document symbols, take the region around the line.
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

/** Whole lines, so that the first one keeps its indentation. */
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

/** Includes nested symbols, the outer ones first. */
async function symbolsIn({ uri }: vscode.TextDocument): Promise<NamedRange[]> {
	const symbols = await runProvider<
		vscode.DocumentSymbol | vscode.SymbolInformation
	>("vscode.executeDocumentSymbolProvider", uri);
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
	return await runProvider("vscode.executeWorkspaceSymbolProvider", query);
}

async function runProvider<T>(
	command: string,
	...args: readonly unknown[]
): Promise<readonly T[]> {
	let timer: NodeJS.Timeout | undefined;
	const deadline = new Promise<undefined>((resolve) => {
		timer = setTimeout(() => resolve(undefined), timeoutMs);
	});
	try {
		const result = vscode.commands.executeCommand<readonly T[]>(
			command,
			...args,
		);
		return (await Promise.race([result, deadline])) ?? [];
	} catch {
		// A provider that fails has no symbols.
		return [];
	} finally {
		clearTimeout(timer);
	}
}

/** Some extensions name a function `run()`. */
function bareName(name: string): string {
	const at = name.endsWith(")") ? name.indexOf("(") : -1;
	return at < 0 ? name : name.slice(0, at);
}
