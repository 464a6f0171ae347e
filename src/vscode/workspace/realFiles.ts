/** Keeps links in the workspace from showing what its other rules keep out: a file is judged by its real path. */

import * as vscode from "vscode";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import { type RealPlace, realPlaceOf } from "../../storage/realPlace.ts";
import { looksSecret } from "../../workspace/contextFiles.ts";
import { workspacePath } from "./documentPath.ts";

/** Why the text behind a link stays out of prompts. */
export type LinkProblem = "outside" | "secret";

interface Judged {
	readonly problem: LinkProblem | undefined;
	/** Inside of the workspace or not. */
	readonly isSecret: boolean;
}

/** A document is judged once: its text is that of the file that the link led to. */
const judged = new WeakMap<vscode.TextDocument, Judged>();

/** Undefined for a file that is no link, one that is not in the workspace by its name either, and one that does not exist. */
export function linkProblemOf(uri: vscode.Uri): LinkProblem | undefined {
	return judge(uri).problem;
}

export function documentLinkProblem(
	document: vscode.TextDocument,
): LinkProblem | undefined {
	return judgedDocument(document).problem;
}

/** Whether a document is that of a file that looks secret, under another name in the workspace. */
export function leadsToSecret(document: vscode.TextDocument): boolean {
	return judgedDocument(document).isSecret;
}

function judgedDocument(document: vscode.TextDocument): Judged {
	const known = judged.get(document) ?? judge(document.uri);
	judged.set(document, known);
	return known;
}

function judge(uri: vscode.Uri): Judged {
	const place = placeOf(uri);
	if (!place) return { problem: undefined, isSecret: false };
	const isOutside = place.kind === "outside";
	const isSecret = (isOutside || place.isLinked) && looksSecret(place.path);
	return {
		problem: isOutside ? "outside" : isSecret ? "secret" : undefined,
		isSecret,
	};
}

/** The path by which the rules of the workspace judge the file: that of what a link leads to. */
export function realWorkspacePath(uri: vscode.Uri): string {
	const place = placeOf(uri);
	if (place?.kind !== "inside" || !place.isLinked) return workspacePath(uri);
	const folder = vscode.Uri.file(place.folder);
	return workspacePath(vscode.Uri.joinPath(folder, place.path));
}

export function linkError(problem: LinkProblem, file: string): HeadroomError {
	return problem === "outside"
		? createError("linkedOutside", { file })
		: createError("linkedSecret", { file });
}

/** Undefined for what is on no disk of this machine, where a link cannot lead anywhere else. */
function placeOf(uri: vscode.Uri): RealPlace | undefined {
	if (uri.scheme !== "file" || !vscode.workspace.getWorkspaceFolder(uri))
		return undefined;
	const folders = (vscode.workspace.workspaceFolders ?? [])
		.filter((it) => it.uri.scheme === "file")
		.map((it) => it.uri.fsPath);
	return realPlaceOf(uri.fsPath, folders);
}
