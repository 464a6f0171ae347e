/** Finds workspace files by path, as users and models write them. */

import * as vscode from "vscode";
import { failure, type Result, success } from "../../base/result.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import { isContextFile } from "../../workspace/contextFiles.ts";
import { fileNamed } from "../../workspace/namedFile.ts";
import { documentPath, isOfUser, workspacePath } from "./documentPath.ts";

/** How long a list of paths is reused: typing a name requests it with every key. */
const maxAgeMs = 5_000;
const maxFiles = 20_000;
/** Folders full of files that are never used. A list, because not all versions of VS Code support nested groups in a glob. */
const excludedFolders = [
	"**/node_modules/**",
	"**/bower_components/**",
	"**/site-packages/**",
	"**/__pycache__/**",
	"**/.git/**",
	"**/.venv/**",
];

export class WorkspaceFiles {
	readonly #isIgnored: (path: string) => boolean;
	#found: { readonly atMs: number; paths: Promise<string[]> } | undefined;

	/** @param isIgnored whether git ignores a path. */
	constructor(isIgnored: (path: string) => boolean) {
		this.#isIgnored = isIgnored;
	}

	/** Whether a file may be attached to a question without being named in it. */
	mayShow(path: string): boolean {
		return isContextFile(path, this.#isIgnored);
	}

	/** The files that the model may see; the list is at most five seconds old. */
	async paths(): Promise<readonly string[]> {
		const now = Date.now();
		if (!this.#found || now - this.#found.atMs > maxAgeMs)
			this.#found = { atMs: now, paths: this.#findAll() };
		return await this.#found.paths;
	}

	/** The files in a folder that the model may see. Rejects where the search fails. */
	async pathsIn(folder: vscode.Uri): Promise<readonly string[]> {
		const pattern = new vscode.RelativePattern(folder, "**/*");
		return await this.#find(pattern, excludedFolders);
	}

	/** The path of an existing file: the named one, even if git ignores it, or else the only one that ends with the name. */
	async resolve(name: string): Promise<Result<string, HeadroomError>> {
		if (await isFile(name)) return success(name);
		const found = fileNamed(name, await this.paths());
		switch (found.kind) {
			case "found":
				return success(found.path);
			case "several":
				return failure(
					createError("fileAmbiguous", {
						file: name,
						count: String(found.count),
					}),
				);
			case "none":
				return failure(createError("fileMissing", { file: name }));
		}
	}

	/** Empty where the search fails: files with their full path are still found. */
	async #findAll(): Promise<string[]> {
		const ignored = await this.#ignoredFolders();
		const excluded = [
			...excludedFolders,
			...ignored.map((name) => `${name}/**`),
		];
		return await this.#find("**/*", excluded).catch(() => []);
	}

	async #find(
		pattern: vscode.GlobPattern,
		excluded: readonly string[],
	): Promise<string[]> {
		const found = await vscode.workspace.findFiles(
			pattern,
			`{${excluded.join(",")}}`,
			maxFiles,
		);
		return found
			.map(workspacePath)
			.filter((path) => this.mayShow(path))
			.sort();
	}

	/** The ignored top-level folders: build outputs there can contain more files than the search returns. */
	async #ignoredFolders(): Promise<string[]> {
		const folders = vscode.workspace.workspaceFolders ?? [];
		const entries = await Promise.all(
			folders.map(async ({ uri }) =>
				(await entriesOf(uri))
					.filter(([, type]) => type === vscode.FileType.Directory)
					.map(([name]) => vscode.Uri.joinPath(uri, name)),
			),
		);
		return entries
			.flat()
			.filter((uri) => this.#isIgnored(`${workspacePath(uri)}/x`))
			.map(({ path }) => path.slice(path.lastIndexOf("/") + 1))
			.filter((name) => !/[{}[\],*?\\]/.test(name));
	}
}

/** Resolves a path: first among the open documents, then in the workspace folders. Undefined outside of them. */
export function uriOf(path: string): vscode.Uri | undefined {
	const open = openDocument(path);
	if (open) return open.uri;
	const [first, ...others] = vscode.workspace.workspaceFolders ?? [];
	if (!first) return undefined;
	const named = [first, ...others].find(
		({ name }) => path === name || path.startsWith(`${name}/`),
	);
	// With several folders, a path starts with the name of one.
	const uri =
		others.length > 0 && named
			? vscode.Uri.joinPath(named.uri, path.slice(named.name.length))
			: vscode.Uri.joinPath(first.uri, path);
	return vscode.workspace.getWorkspaceFolder(uri) ? uri : undefined;
}

export function openDocument(path: string): vscode.TextDocument | undefined {
	return vscode.workspace.textDocuments.find(
		(it) => !it.isClosed && isOfUser(it) && documentPath(it) === path,
	);
}

/** Undefined where the file does not exist. */
export async function statOf(
	uri: vscode.Uri,
): Promise<vscode.FileStat | undefined> {
	try {
		return await vscode.workspace.fs.stat(uri);
	} catch {
		return undefined;
	}
}

async function isFile(path: string): Promise<boolean> {
	if (openDocument(path)) return true;
	const uri = uriOf(path);
	const stat = uri && (await statOf(uri));
	return stat !== undefined && (stat.type & vscode.FileType.File) !== 0;
}

async function entriesOf(
	uri: vscode.Uri,
): Promise<readonly [string, vscode.FileType][]> {
	try {
		return await vscode.workspace.fs.readDirectory(uri);
	} catch {
		return [];
	}
}
