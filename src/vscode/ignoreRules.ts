/** Which files of the workspace git ignores, kept up to date. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import {
	type GitignoreFile,
	ignoredBy,
} from "../completion/context/gitignore.ts";
import { workspacePath } from "./documentPath.ts";

const pattern = "**/.gitignore";
/** Where the rules of others lie, which are none of the project's. */
const foreign = "**/{node_modules,.venv}/**";
const mostFiles = 200;

export class IgnoreRules implements Disposable {
	readonly #store = new DisposableStore();
	/** Until the rules are read, everything is ignored. */
	#isIgnored: (path: string) => boolean = () => true;
	#reading = 0;

	constructor() {
		const read = (): void => void this.#read();
		const watcher = this.#store.add(
			vscode.workspace.createFileSystemWatcher(pattern),
		);
		for (const event of [
			watcher.onDidChange,
			watcher.onDidCreate,
			watcher.onDidDelete,
			vscode.workspace.onDidChangeWorkspaceFolders,
		])
			this.#store.add((event as vscode.Event<unknown>)(read));
		read();
	}

	/** @param path relative to the workspace, as `workspacePath` gives it. */
	isIgnored(path: string): boolean {
		return this.#isIgnored(path);
	}

	dispose(): void {
		this.#store.dispose();
	}

	async #read(): Promise<void> {
		const reading = ++this.#reading;
		const found = await vscode.workspace.findFiles(pattern, foreign, mostFiles);
		const folders = vscode.workspace.workspaceFolders ?? [];
		const files = await Promise.all([
			...found.map((uri) => readRules(uri, vscode.Uri.joinPath(uri, ".."))),
			...folders.map(({ uri }) =>
				readRules(vscode.Uri.joinPath(uri, ".git", "info", "exclude"), uri),
			),
		]);
		// Where another reading has begun since, it has the newer rules.
		if (reading === this.#reading)
			this.#isIgnored = ignoredBy(files.flatMap((it) => it ?? []));
	}
}

/** Undefined where there is no such file. */
async function readRules(
	uri: vscode.Uri,
	folder: vscode.Uri,
): Promise<GitignoreFile | undefined> {
	try {
		const text = new TextDecoder().decode(
			await vscode.workspace.fs.readFile(uri),
		);
		return { folder: folderPath(folder), text };
	} catch {
		return undefined;
	}
}

/** The path of a folder towards which the paths of files are relative. */
function folderPath(folder: vscode.Uri): string {
	const isRoot = vscode.workspace.workspaceFolders?.some(
		({ uri }) => uri.toString() === folder.toString(),
	);
	const inside = workspacePath(vscode.Uri.joinPath(folder, "x"));
	return isRoot || inside.includes("/") ? inside.replace(/\/?x$/, "") : "";
}
