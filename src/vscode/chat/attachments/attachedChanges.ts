/** Attaches the uncommitted changes, which VS Code's Git extension provides. */

import * as vscode from "vscode";
import { inParallel } from "../../../base/inParallel.ts";
import { failure, type Result, success } from "../../../base/result.ts";
import type { Attachment } from "../../../protocol/attachment.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../../protocol/errors.ts";
import { workspacePath } from "../../workspace/documentPath.ts";
import type { WorkspaceFiles } from "../../workspace/workspaceFiles.ts";

//#region The part of the extension's API (version 1) that is used here
interface GitExtension {
	getAPI(version: 1): GitApi;
}

interface GitApi {
	readonly repositories: readonly GitRepository[];
	getRepository(uri: vscode.Uri): GitRepository | null;
}

interface GitRepository {
	readonly rootUri: vscode.Uri;
	diffWithHEAD(): Promise<readonly { readonly uri: vscode.Uri }[]>;
	diffWithHEAD(path: string): Promise<string>;
}
//#endregion

/** Each takes a run of git. */
const maxFiles = 100;
const diffsAtOnce = 4;

/** The changes in the visible file's repository, or else in the first one. */
export async function attachChanges(
	near: vscode.Uri | undefined,
	files: WorkspaceFiles,
): Promise<Result<readonly Attachment[], HeadroomError>> {
	const repository = await repositoryNear(near);
	if (!repository) return failure(createError("gitMissing", {}));
	try {
		return await changesOf(repository, files);
	} catch (thrown) {
		return failure(createError("gitFailed", { why: messageOf(thrown) }));
	}
}

async function changesOf(
	repository: GitRepository,
	files: WorkspaceFiles,
): Promise<Result<readonly Attachment[], HeadroomError>> {
	const changed = (await repository.diffWithHEAD()).map(({ uri }) => uri);
	const shown = changed.filter((uri) => files.mayShow(workspacePath(uri)));
	if (shown.length > maxFiles)
		return failure(
			createError("changesTooMany", {
				count: String(shown.length),
				most: String(maxFiles),
			}),
		);
	const diffs = await inParallel(shown, diffsAtOnce, ({ fsPath }) =>
		repository.diffWithHEAD(fsPath),
	);
	const text = diffs.filter((it) => it !== "").join("");
	if (text === "") return failure(createError("changesNone", {}));
	const { path } = repository.rootUri;
	const name = path.slice(path.lastIndexOf("/") + 1);
	const isWhole = shown.length === changed.length;
	return success([
		{
			kind: "changes",
			// Lock files, generated files and possible secrets are left out.
			label: isWhole
				? name
				: `${name} (${shown.length} of ${changed.length} files)`,
			path: null,
			languageId: "diff",
			text,
		},
	]);
}

/** Undefined if there is no repository, or the extension is disabled. */
async function repositoryNear(
	near: vscode.Uri | undefined,
): Promise<GitRepository | undefined> {
	try {
		const api = (
			await vscode.extensions
				.getExtension<GitExtension>("vscode.git")
				?.activate()
		)?.getAPI(1);
		return (near && api?.getRepository(near)) ?? api?.repositories[0];
	} catch {
		// `getAPI` throws while `git.enabled` is off.
		return undefined;
	}
}
