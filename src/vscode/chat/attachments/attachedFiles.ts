/** Files and folders as they go along with a question: the text of the editor where a file is open, also when it is not saved. */

import * as vscode from "vscode";
import { inParallel } from "../../../base/inParallel.ts";
import { failure, type Result, success } from "../../../base/result.ts";
import { formatBytes } from "../../../base/units.ts";
import {
	checkCount,
	checkSize,
} from "../../../chat/attachments/folderLimits.ts";
import type { Attachment } from "../../../protocol/conversation.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../../protocol/errors.ts";
import {
	openDocument,
	statOf,
	uriOf,
	type WorkspaceFiles,
} from "../../workspace/workspaceFiles.ts";

/** More is generated, or data: no model has room for it. */
export const maxFileBytes = 1024 * 1024;
/** As git has it: a file with a zero byte near its beginning is no text. */
const binaryBytes = 8_000;
const readAtOnce = 8;

type Attachments = Result<readonly Attachment[], HeadroomError>;

/** @param name a path, or the end of one. */
export async function attachFile(
	name: string,
	files: WorkspaceFiles,
): Promise<Attachments> {
	const path = await files.resolve(name);
	if (!path.ok) return path;
	const document = await documentAt(path.value);
	return document.ok
		? success([fileAttachment(path.value, document.value)])
		: document;
}

/** Text of a file that is no longer than what may be attached. */
export async function documentAt(
	path: string,
): Promise<Result<vscode.TextDocument, HeadroomError>> {
	const open = openDocument(path);
	if (open) return checkLength(path, open);
	const uri = uriOf(path);
	const stat = uri && (await statOf(uri));
	if (!uri || !stat) return failure(createError("fileMissing", { file: path }));
	if (stat.size > maxFileBytes) return huge(path, stat.size);
	try {
		const bytes = await vscode.workspace.fs.readFile(uri);
		if (isBinary(bytes))
			return failure(createError("attachmentBinary", { label: path }));
		// The editor knows the encoding, and which language it is.
		return success(await vscode.workspace.openTextDocument(uri));
	} catch (thrown) {
		return failure(
			createError("fileUnreadable", { file: path, why: messageOf(thrown) }),
		);
	}
}

/** The names of its files, and then each file. */
export async function attachFolder(
	name: string,
	files: WorkspaceFiles,
): Promise<Attachments> {
	const folder = name.replaceAll("\\", "/").replace(/^\.\/|\/+$/g, "") || ".";
	const uri = uriOf(folder);
	const stat = uri && (await statOf(uri));
	if (!uri || !stat || (stat.type & vscode.FileType.Directory) === 0)
		return failure(createError("fileMissing", { file: folder }));
	try {
		return await attachPaths(folder, await files.pathsIn(uri));
	} catch (thrown) {
		return failure(
			createError("fileUnreadable", { file: folder, why: messageOf(thrown) }),
		);
	}
}

async function attachPaths(
	folder: string,
	paths: readonly string[],
): Promise<Attachments> {
	const counted = checkCount(folder, paths.length);
	if (!counted.ok) return counted;
	const sized = checkSize(folder, await inParallel(paths, readAtOnce, sizeOf));
	if (!sized.ok) return sized;
	const contents = (
		await inParallel(paths, readAtOnce, readAttachment)
	).flatMap((it) => it ?? []);
	const shown = new Set(contents.map(({ path }) => path));
	const list = paths.map((it) => (shown.has(it) ? it : `${it} (binary)`));
	return success([
		{
			kind: "folder",
			label: folder,
			path: null,
			languageId: "",
			text: list.join("\n"),
		},
		...contents,
	]);
}

async function sizeOf(path: string): Promise<number> {
	const open = openDocument(path);
	if (open) return open.getText().length;
	const uri = uriOf(path);
	return (uri && (await statOf(uri))?.size) ?? 0;
}

/** Not opened: a folder would open each file in every extension of its language. Undefined where it is not text. */
async function readAttachment(path: string): Promise<Attachment | undefined> {
	const open = openDocument(path);
	if (open) return fileAttachment(path, open);
	const uri = uriOf(path);
	try {
		const bytes = uri && (await vscode.workspace.fs.readFile(uri));
		if (!bytes || isBinary(bytes)) return undefined;
		const text = new TextDecoder().decode(bytes);
		return { kind: "file", label: path, path, languageId: "", text };
	} catch {
		// Deleted since it was found.
		return undefined;
	}
}

export function fileAttachment(
	path: string,
	document: vscode.TextDocument,
): Attachment {
	const { languageId } = document;
	return {
		kind: "file",
		label: path,
		path,
		languageId,
		text: document.getText(),
	};
}

/** Without its text being made: this is asked whenever another file is shown. */
export function lengthOf(document: vscode.TextDocument): number {
	const { range } = document.lineAt(document.lineCount - 1);
	return document.offsetAt(range.end);
}

function checkLength(
	label: string,
	document: vscode.TextDocument,
): Result<vscode.TextDocument, HeadroomError> {
	const length = lengthOf(document);
	return length > maxFileBytes ? huge(label, length) : success(document);
}

function huge(label: string, bytes: number): Result<never, HeadroomError> {
	return failure(
		createError("attachmentHuge", {
			label,
			bytes: formatBytes(bytes),
			most: formatBytes(maxFileBytes),
		}),
	);
}

function isBinary(bytes: Uint8Array): boolean {
	return bytes.subarray(0, binaryBytes).includes(0);
}
