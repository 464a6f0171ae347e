/** Attaches files and folders to a question. The text of an open document counts, even if it is unsaved. */

import * as vscode from "vscode";
import { inParallel } from "../../../base/inParallel.ts";
import { failure, type Result, success } from "../../../base/result.ts";
import { formatBytes } from "../../../base/units.ts";
import {
	checkCount,
	checkSize,
} from "../../../chat/attachments/folderLimits.ts";
import type { Attachment } from "../../../protocol/attachment.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../../protocol/errors.ts";
import {
	linkError,
	linkProblemOf,
	realWorkspacePath,
} from "../../workspace/realFiles.ts";
import {
	openDocument,
	statOf,
	uriOf,
	type WorkspaceFiles,
} from "../../workspace/workspaceFiles.ts";

/** Larger files are generated, or data, and exceed any context window. */
export const maxFileBytes = 1024 * 1024;
/** As in git: a zero byte among the first bytes makes a file binary. */
const binaryBytes = 8_000;
const readAtOnce = 8;
/** A folder with more is too large in any case, and not looked at file by file. */
const maxFoundFiles = 1_000;

type Attachments = Result<readonly Attachment[], HeadroomError>;

/** @param name a path, or its last segments. */
export async function attachFile(
	name: string,
	files: WorkspaceFiles,
): Promise<Attachments> {
	const path = await files.resolve(name);
	if (!path.ok) return path;
	const refused = refusedLink(path.value);
	if (refused) return failure(refused);
	const document = await documentAt(path.value);
	return document.ok
		? success([fileAttachment(path.value, document.value)])
		: document;
}

/** Why a path in the workspace must not be read, where it leads to something else. */
export function refusedLink(path: string): HeadroomError | undefined {
	const uri = uriOf(path);
	const problem = uri && linkProblemOf(uri);
	return problem && linkError(problem, path);
}

/** Opens a text file, unless it is too large to attach. */
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
		// The editor detects the encoding and the language.
		return success(await vscode.workspace.openTextDocument(uri));
	} catch (thrown) {
		return failure(
			createError("fileUnreadable", { file: path, why: messageOf(thrown) }),
		);
	}
}

/** The list of its files, and then each file. */
export async function attachFolder(
	name: string,
	files: WorkspaceFiles,
): Promise<Attachments> {
	const folder =
		name
			.replaceAll("\\", "/")
			.replace(/^\.\//, "")
			.replace(/(?<!\/)\/+$/, "") || ".";
	const uri = uriOf(folder);
	const stat = uri && (await statOf(uri));
	if (!uri || !stat || (stat.type & vscode.FileType.Directory) === 0)
		return failure(createError("fileMissing", { file: folder }));
	const refused = refusedLink(folder);
	if (refused) return failure(refused);
	try {
		return await attachPaths(folder, await files.pathsIn(uri), files);
	} catch (thrown) {
		return failure(
			createError("fileUnreadable", { file: folder, why: messageOf(thrown) }),
		);
	}
}

async function attachPaths(
	folder: string,
	found: readonly string[],
	files: WorkspaceFiles,
): Promise<Attachments> {
	// Of the files that fit at all.
	const { paths, leftOut } =
		found.length > maxFoundFiles
			? { paths: found, leftOut: [] }
			: withoutLinks(found, files);
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
			text: [...list, ...leftOut].join("\n"),
		},
		...contents,
	]);
}

/** Leaves out what links lead to and the rules of the workspace keep out; and what is there by its own name, too. */
function withoutLinks(
	found: readonly string[],
	files: WorkspaceFiles,
): { readonly paths: readonly string[]; readonly leftOut: readonly string[] } {
	const paths: string[] = [];
	const leftOut: string[] = [];
	const names = new Set(found);
	for (const path of found) {
		const uri = uriOf(path);
		if (!uri) continue;
		const problem = linkProblemOf(uri);
		if (problem) {
			leftOut.push(`${path} (${leftOutReasons[problem]})`);
			continue;
		}
		const real = realWorkspacePath(uri);
		if (real === path || (!names.has(real) && files.mayShow(real)))
			paths.push(path);
		// Two links to the same file.
		names.add(real);
	}
	return { paths, leftOut };
}

/** For the model, as the rest of the list. */
const leftOutReasons = {
	outside: "outside of the workspace",
	secret: "may contain secrets",
} as const;

async function sizeOf(path: string): Promise<number> {
	const open = openDocument(path);
	if (open) return open.getText().length;
	const uri = uriOf(path);
	return (uri && (await statOf(uri))?.size) ?? 0;
}

/** Reads the file without opening a document, which would run the extensions of its language. Undefined for a binary file. */
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

/** Does not build the text: it is called whenever another file is shown. */
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
