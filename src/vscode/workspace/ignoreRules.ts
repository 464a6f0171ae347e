/** Reads the ignore rules of git in the workspace, and keeps them up to date. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import { Emitter, type Event } from "../../base/event.ts";
import { type GitignoreFile, ignoredBy } from "../../workspace/gitignore.ts";
import { workspacePath } from "./documentPath.ts";

const pattern = "**/.gitignore";
/** Folders of third-party code, whose rules do not apply to the project. */
const thirdParty = "**/{node_modules,.venv}/**";
const maxFiles = 500;
/** The number of parent folders that are searched for the root of the repository. */
const maxParents = 12;

export class IgnoreRules implements Disposable {
	readonly #store = new DisposableStore();
	/** Ignores everything until the rules are read. */
	#isIgnored: (path: string) => boolean = () => true;
	#reading = 0;
	readonly #onDidRead = this.#store.add(new Emitter<void>());

	/** Fires when the rules are read, initially and after each change. */
	readonly onDidRead: Event<void> = this.#onDidRead.event;

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
		const found = await vscode.workspace.findFiles(
			pattern,
			thirdParty,
			maxFiles,
		);
		const inside = await Promise.all(
			found.map((uri) => readRules(uri, folderPath(folderOf(uri)))),
		);
		const above = await Promise.all(
			(vscode.workspace.workspaceFolders ?? []).map(rulesAbove),
		);
		// A later read has started meanwhile, and has newer rules.
		if (reading !== this.#reading) return;
		const isIgnoredInside = ignoredBy(inside.flatMap((it) => it ?? []));
		this.#isIgnored = (path) =>
			isIgnoredInside(path) || above.some((isIgnored) => isIgnored(path));
		this.#onDidRead.fire();
	}
}

/** The rules above a workspace folder in its repository, and the uncommitted ones of `.git/info/exclude`. */
async function rulesAbove({
	uri,
}: vscode.WorkspaceFolder): Promise<(path: string) => boolean> {
	const inWorkspace = folderPath(uri);
	const rules: (GitignoreFile | undefined)[] = [];
	let folder = uri;
	// Upwards from the folder. The rules are made relative to the root once that is found.
	for (let above = 0; above <= maxParents; above++) {
		const own =
			above > 0 && (await readRules(gitignoreIn(folder), folder.path));
		if (own) rules.push(own);
		const git = vscode.Uri.joinPath(folder, ".git");
		if (await exists(git)) {
			const exclude = vscode.Uri.joinPath(git, "info", "exclude");
			rules.push(await readRules(exclude, folder.path));
			return ignoredFrom(folder.path, uri.path, inWorkspace, rules);
		}
		const parent = folderOf(folder);
		if (parent.path === folder.path) break;
		folder = parent;
	}
	// Not in a repository: the rules of parent folders do not apply.
	return () => false;
}

function ignoredFrom(
	top: string,
	workspaceFolder: string,
	inWorkspace: string,
	rules: readonly (GitignoreFile | undefined)[],
): (path: string) => boolean {
	const relative = (folder: string): string =>
		folder.slice(top.length).replace(/^\//, "");
	const isIgnored = ignoredBy(
		rules.flatMap((it) =>
			it ? [{ folder: relative(it.folder), text: it.text }] : [],
		),
	);
	const prefix = relative(workspaceFolder);
	return (path) => {
		if (inWorkspace !== "" && !path.startsWith(`${inWorkspace}/`)) return false;
		const inFolder =
			inWorkspace === "" ? path : path.slice(inWorkspace.length + 1);
		return isIgnored(prefix === "" ? inFolder : `${prefix}/${inFolder}`);
	};
}

function gitignoreIn(folder: vscode.Uri): vscode.Uri {
	return vscode.Uri.joinPath(folder, ".gitignore");
}

function folderOf(uri: vscode.Uri): vscode.Uri {
	return vscode.Uri.joinPath(uri, "..");
}

async function exists(uri: vscode.Uri): Promise<boolean> {
	try {
		await vscode.workspace.fs.stat(uri);
		return true;
	} catch {
		return false;
	}
}

/** Undefined where there is no such file. */
async function readRules(
	uri: vscode.Uri,
	folder: string,
): Promise<GitignoreFile | undefined> {
	try {
		const text = new TextDecoder().decode(
			await vscode.workspace.fs.readFile(uri),
		);
		return { folder, text };
	} catch {
		return undefined;
	}
}

/** The prefix of the paths of files in a folder: empty for the only folder of a workspace. */
function folderPath(folder: vscode.Uri): string {
	return workspacePath(vscode.Uri.joinPath(folder, "x")).replace(/\/?x$/, "");
}
