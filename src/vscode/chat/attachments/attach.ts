/** Reads an attachable into the text that is attached to a question. */

import type * as vscode from "vscode";
import { assertNever } from "../../../base/assert.ts";
import { failure, type Result } from "../../../base/result.ts";
import type { Attachment } from "../../../protocol/attachment.ts";
import { createError, type HeadroomError } from "../../../protocol/errors.ts";
import type { WorkspaceFiles } from "../../workspace/workspaceFiles.ts";
import type { Attachable } from "./attachables.ts";
import { attachChanges } from "./attachedChanges.ts";
import { attachFile, attachFolder } from "./attachedFiles.ts";
import { attachProblems } from "./attachedProblems.ts";
import { attachSymbol, findSymbols } from "./symbols.ts";

/** @param visible the document in the active editor. */
export async function attach(
	attachable: Attachable,
	visible: vscode.TextDocument | undefined,
	files: WorkspaceFiles,
): Promise<Result<readonly Attachment[], HeadroomError>> {
	switch (attachable.kind) {
		case "file":
			return await attachFile(attachable.path, files);
		case "folder":
			return await attachFolder(attachable.path, files);
		case "symbol":
			return await attachNamed(attachable, visible);
		case "problems":
			return attachProblems(visible, files);
		case "changes":
			return await attachChanges(visible?.uri, files);
		default:
			return assertNever(attachable);
	}
}

async function attachNamed(
	{ name, place }: Extract<Attachable, { kind: "symbol" }>,
	visible: vscode.TextDocument | undefined,
): Promise<Result<readonly Attachment[], HeadroomError>> {
	if (place) return await attachSymbol({ name, ...place });
	const found = (await findSymbols(name, visible)).find(
		(it) => it.name === name,
	);
	return found
		? await attachSymbol(found)
		: failure(createError("symbolMissing", { name }));
}
