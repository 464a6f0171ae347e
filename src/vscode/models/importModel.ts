/** "Import Model File": takes models from files or a folder of the user's into the folder of the models. */

import * as vscode from "vscode";
import type { Disposable } from "../../base/disposable.ts";
import type {
	ImportedFile,
	ImportOptions,
} from "../../models/folder/importFile.ts";
import {
	type ImportOutcome,
	importModels,
} from "../../models/folder/importModel.ts";
import { withUserProgress } from "../platform/userProgress.ts";
import { importProgressText, importSummary } from "./importText.ts";
import { tellModelNews } from "./useModel.ts";

export interface ImportModelContext {
	/** Absolute path of the folder of the models. */
	readonly folder: string;
	readonly useModel: (file: string) => Promise<void>;
}

type How = ImportOptions["how"];

/** The command takes the path of a file or a folder, for keys that are bound to one; without it, the user is asked. */
export function registerImportModel(context: ImportModelContext): Disposable {
	return vscode.commands.registerCommand(
		"headroom.importModel",
		(source: unknown) => importModel(source, context),
	);
}

async function importModel(
	source: unknown,
	{ folder, useModel }: ImportModelContext,
): Promise<void> {
	const sources = typeof source === "string" ? [source] : await askForSources();
	if (sources.length === 0) return;
	const how = await askHow();
	if (!how) return;
	const { t } = vscode.l10n;
	const outcome = await withUserProgress(
		t("Importing models"),
		(signal, report) =>
			importAll(sources, {
				how,
				signal,
				folder,
				onProgress: (progress) =>
					report({ message: importProgressText(progress, t) }),
			}),
	);
	await tellModelNews(importSummary(outcome, t), useModel);
}

/** A dialog that takes both files and folders does not exist on every system. */
async function askForSources(): Promise<readonly string[]> {
	const { t } = vscode.l10n;
	const chosen = await vscode.window.showQuickPick(
		[
			{
				label: `$(file) ${t("Files...")}`,
				detail: t("One or more GGUF files"),
				isFolder: false,
			},
			{
				label: `$(folder) ${t("A folder...")}`,
				detail: t(
					"All GGUF files in it and its subfolders, for example on a USB stick",
				),
				isFolder: true,
			},
		],
		{ title: t("Import Model File"), placeHolder: t("A file or a folder") },
	);
	if (!chosen) return [];
	const picked = await vscode.window.showOpenDialog({
		title: t("Import Model File"),
		openLabel: t("Import"),
		canSelectFiles: !chosen.isFolder,
		canSelectFolders: chosen.isFolder,
		canSelectMany: !chosen.isFolder,
		...(!chosen.isFolder && { filters: { [t("GGUF models")]: ["gguf"] } }),
	});
	return (picked ?? []).map(({ fsPath }) => fsPath);
}

async function askHow(): Promise<How | undefined> {
	const { t } = vscode.l10n;
	const entries: readonly (vscode.QuickPickItem & { readonly how: How })[] = [
		{
			label: `$(files) ${t("Copy")}`,
			detail: t(
				"The original can be removed afterwards: right for a USB stick",
			),
			how: "copy",
		},
		{
			label: `$(link) ${t("Hard link")}`,
			detail: t("Takes no space on the same disk; copied from another disk"),
			how: "hardLink",
		},
		{
			label: `$(references) ${t("Symbolic link")}`,
			detail: t(
				"Takes no space, and works as long as the original stays in place",
			),
			how: "symlink",
		},
	];
	const chosen = await vscode.window.showQuickPick(entries, {
		title: t("Import Model File"),
		placeHolder: t("How to add the models to Headroom's folder"),
	});
	return chosen?.how;
}

/** One after the other. What cannot be read at all is a failed file among the others. */
async function importAll(
	sources: readonly string[],
	options: ImportOptions,
): Promise<ImportOutcome> {
	const files: ImportedFile[] = [];
	for (const source of sources) {
		const imported = await importModels({ ...options, source });
		if (!imported.ok)
			files.push({ source, kind: "failed", error: imported.error });
		else {
			files.push(...imported.value.files);
			if (imported.value.cancelled) return { files, cancelled: true };
		}
	}
	return { files, cancelled: false };
}
