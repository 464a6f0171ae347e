/** What differs from the last commit, from the Git extension that comes with VS Code. */

import * as vscode from "vscode";
import { inParallel } from "../../../base/inParallel.ts";
import { failure, type Result, success } from "../../../base/result.ts";
import type { Attachment } from "../../../protocol/conversation.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../../protocol/errors.ts";
import { workspacePath } from "../../workspace/documentPath.ts";
import type { WorkspaceFiles } from "../../workspace/workspaceFiles.ts";

//#region Of the extension's API (version 1), what is used here
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

/** Git is run once for each. */
const maxFiles = 100;
const diffsAtOnce = 4;

/** Of the repository of the file that is looked at, or else of the first one. */
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
			// Lock files, for one, say nothing; and secrets are not shown unasked.
			label: isWhole
				? name
				: `${name} (${shown.length} of ${changed.length} files)`,
			path: null,
			languageId: "diff",
			text,
		},
	]);
}

/** Undefined where there is none, or the extension is off. */
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
		// It throws while it is off by `git.enabled`.
		return undefined;
	}
}
