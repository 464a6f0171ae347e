/** What the suites do in the editor. */

import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { HeadroomApi } from "../../../src/extension.ts";
import { until } from "../../support/until.ts";

export const shapes = `export class Circle {
	constructor(private readonly radius: number) {}

	area(): number {
		return Math.PI * this.radius * this.radius;
	}

	perimeter(): number {
		return 2 * `;

export function headroomExtension(): vscode.Extension<HeadroomApi> {
	const found =
		vscode.extensions.getExtension<HeadroomApi>("headroom.headroom");
	assert.ok(found);
	return found;
}

export async function set(key: string, value: unknown): Promise<void> {
	await vscode.workspace
		.getConfiguration("headroom")
		.update(key, value, vscode.ConfigurationTarget.Global);
}

export async function run(command: string, ...args: unknown[]): Promise<void> {
	await vscode.commands.executeCommand(command, ...args);
}

/** As with the keyboard, so that brackets are closed and suggestions asked for. */
export async function type(text: string): Promise<void> {
	for (const it of text) await run("type", { text: it });
}

/** A document that is not saved anywhere, with the cursor at its end or before so many characters. */
export async function open(
	content: string,
	language = "typescript",
	behind = "",
): Promise<vscode.TextEditor> {
	const editor = await until("an editor with the text", async () => {
		await run("workbench.action.closeAllEditors");
		const document = await vscode.workspace.openTextDocument({
			language,
			content: content + behind,
		});
		await vscode.window.showTextDocument(document);
		// VS Code may still have the untitled document of the same name that is being closed.
		const active = vscode.window.activeTextEditor;
		return active?.document === document &&
			document.getText() === content + behind
			? active
			: undefined;
	});
	moveTo(editor, content.length);
	return editor;
}

/** One cursor at each of these offsets; the first one is the one that suggestions are for. */
export function moveTo(
	editor: vscode.TextEditor,
	...offsets: readonly number[]
): void {
	editor.selections = offsets.map((offset) => {
		const position = editor.document.positionAt(offset);
		return new vscode.Selection(position, position);
	});
}

function workspaceUri(path: string): vscode.Uri {
	const [folder] = vscode.workspace.workspaceFolders ?? [];
	assert.ok(folder);
	return vscode.Uri.joinPath(folder.uri, path);
}

/** A file of the workspace, saved; folders are made for it. */
export async function write(path: string, text: string): Promise<vscode.Uri> {
	const uri = workspaceUri(path);
	await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
	return uri;
}

export async function readSaved(path: string): Promise<string> {
	const bytes = await vscode.workspace.fs.readFile(workspaceUri(path));
	return new TextDecoder().decode(bytes);
}

/** Files and folders of the workspace, also where they are not there. */
export async function removeFiles(...paths: readonly string[]): Promise<void> {
	for (const path of paths)
		await vscode.workspace.fs
			.delete(workspaceUri(path), { recursive: true })
			.then(undefined, () => {});
}

export async function openFile(path: string): Promise<vscode.TextEditor> {
	const document = await vscode.workspace.openTextDocument(workspaceUri(path));
	return await vscode.window.showTextDocument(document, { preview: false });
}
