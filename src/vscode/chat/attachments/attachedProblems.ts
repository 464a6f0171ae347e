/** Attaches the editor's diagnostics. */

import * as vscode from "vscode";
import { failure, type Result, success } from "../../../base/result.ts";
import {
	type Problem,
	problemLines,
} from "../../../chat/attachments/problemLines.ts";
import type { Attachment } from "../../../protocol/attachment.ts";
import { createError, type HeadroomError } from "../../../protocol/errors.ts";
import { documentPath, workspacePath } from "../../workspace/documentPath.ts";
import type { WorkspaceFiles } from "../../workspace/workspaceFiles.ts";

/** Longer lists usually repeat the same problem. */
const maxProblems = 200;

/** The problems in the visible file, or else in the workspace. */
export function attachProblems(
	document: vscode.TextDocument | undefined,
	files: WorkspaceFiles,
): Result<readonly Attachment[], HeadroomError> {
	const problems = document
		? problemsOf(
				documentPath(document),
				vscode.languages.getDiagnostics(document.uri),
			)
		: vscode.languages
				.getDiagnostics()
				.filter(([uri]) => vscode.workspace.getWorkspaceFolder(uri))
				.map(([uri, found]) => [workspacePath(uri), found] as const)
				.filter(([path]) => files.mayShow(path))
				.flatMap(([path, found]) => problemsOf(path, found));
	if (problems.length === 0) return failure(createError("problemsNone", {}));
	const { text, shownCount } = problemLines(problems, maxProblems);
	const path = document ? documentPath(document) : null;
	const place = path ?? vscode.workspace.name ?? "workspace";
	const isCut = shownCount < problems.length;
	return success([
		{
			kind: "problems",
			label: isCut ? `${place} (${shownCount} of ${problems.length})` : place,
			path,
			languageId: "",
			text,
		},
	]);
}

function problemsOf(
	path: string,
	diagnostics: readonly vscode.Diagnostic[],
): Problem[] {
	return diagnostics.map(({ range, severity, message }) => ({
		path,
		line: range.start.line,
		severity: severities[severity],
		message,
	}));
}

const severities = {
	[vscode.DiagnosticSeverity.Error]: "error",
	[vscode.DiagnosticSeverity.Warning]: "warning",
	[vscode.DiagnosticSeverity.Information]: "info",
	[vscode.DiagnosticSeverity.Hint]: "hint",
} as const;
