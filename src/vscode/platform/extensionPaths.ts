/** Absolute paths of what the extension ships, and of where it stores what it keeps for all windows. */

import * as vscode from "vscode";
import { builtInModelFile } from "../../client/builtInModel.ts";

export interface ExtensionPaths {
	//#region Shipped
	readonly extensionFolder: string;
	readonly engineFile: string;
	/** Of the parser and the grammars. */
	readonly syntaxFolder: string;
	readonly builtInFile: string;
	readonly catalogFile: string;
	//#endregion
	//#region Stored
	readonly storageFolder: string;
	/** Downloaded and imported models. */
	readonly modelsFolder: string;
	/** Results of the benchmark. */
	readonly benchmarkFile: string;
	/** KV snapshots of completion prompts. */
	readonly promptsFolder: string;
	//#endregion
}

export function extensionPaths(
	context: vscode.ExtensionContext,
): ExtensionPaths {
	const { extensionPath, globalStorageUri } = context;
	const stored = (name: string): string =>
		vscode.Uri.joinPath(globalStorageUri, name).fsPath;
	return {
		extensionFolder: extensionPath,
		engineFile: context.asAbsolutePath("dist/engine.mjs"),
		syntaxFolder: context.asAbsolutePath("dist/syntax"),
		builtInFile: builtInModelFile(extensionPath),
		catalogFile: context.asAbsolutePath("media/catalog.json"),
		storageFolder: globalStorageUri.fsPath,
		modelsFolder: stored("models"),
		benchmarkFile: stored("benchmark.json"),
		promptsFolder: stored("prompts"),
	};
}
