/** The actions on an answer: insert its code, propose a change, create a file, open a link. */

import * as vscode from "vscode";
import type { Disposable } from "../../../base/disposable.ts";
import { failure, type Result, success } from "../../../base/result.ts";
import { parseLink } from "../../../chat/edit/answerLink.ts";
import { editTarget, selectionIn } from "../../../chat/edit/editTarget.ts";
import { insertedCode } from "../../../chat/edit/insertedCode.ts";
import { languageIdOf } from "../../../chat/edit/languageIds.ts";
import type { Attachment } from "../../../protocol/attachment.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../../protocol/errors.ts";
import { linesOf } from "../../../workspace/regions.ts";
import { type Confirmation, confirm } from "../../platform/confirmation.ts";
import { documentPath } from "../../workspace/documentPath.ts";
import type { LastEditor } from "../../workspace/lastEditor.ts";
import { uriOf, type WorkspaceFiles } from "../../workspace/workspaceFiles.ts";
import { documentAt } from "../attachments/attachedFiles.ts";
import { Proposals } from "./proposals.ts";

export interface AnswerCode {
	readonly code: string;
	/** As the model named it; may be empty. */
	readonly language: string;
}

export interface CodeToApply extends AnswerCode {
	/** The file that the answer names for the code; null if it names none. */
	readonly path: string | null;
	/** The question's. */
	readonly attachments: readonly Attachment[];
}

/** Success also if the user canceled. */
type Outcome = Result<void, HeadroomError>;

export interface AnswerActionsOptions {
	readonly lastEditor: LastEditor;
	readonly files: WorkspaceFiles;
	/** Asks the user; a modal dialog by default. */
	readonly confirm?: (question: Confirmation) => Promise<boolean>;
}

export class AnswerActions implements Disposable {
	readonly #options: AnswerActionsOptions;
	readonly proposals = new Proposals();

	constructor(options: AnswerActionsOptions) {
		this.#options = options;
	}

	/** Inserts the code at the cursor or replaces the selection, in one undo step. */
	async insert(code: string): Promise<Outcome> {
		const editor = this.#options.lastEditor.current;
		if (!editor) return failure(createError("editorMissing", {}));
		const { document, selection, viewColumn } = editor;
		const { start } = selection;
		const text = insertedCode(code, {
			before: document.lineAt(start.line).text.slice(0, start.character),
			replaced: document.getText(selection),
			lines: linesOf(document.getText()),
		});
		const isDone = await editor.edit((edit) => edit.replace(selection, text));
		if (!isDone)
			return failure(
				createError("editRefused", { file: documentPath(document) }),
			);
		await vscode.window.showTextDocument(
			document,
			viewColumn === undefined ? {} : { viewColumn },
		);
		return success(undefined);
	}

	/** Shows the change as a diff; the file changes when the user accepts it. */
	async apply(block: CodeToApply): Promise<Outcome> {
		const path = await this.#pathFor(block);
		if (!path.ok) return path;
		const document = await documentAt(path.value);
		if (!document.ok) return document;
		return await this.proposals.show(document.value, {
			block: block.code,
			selection: selectionIn(path.value, block.attachments),
		});
	}

	/** Opens the code as an untitled document. */
	async newFile({ code, language }: AnswerCode): Promise<Outcome> {
		const known = await vscode.languages.getLanguages();
		const id = languageIdOf(language, known);
		const content = code === "" || code.endsWith("\n") ? code : `${code}\n`;
		const document = await vscode.workspace.openTextDocument(
			id === undefined ? { content } : { content, language: id },
		);
		await vscode.window.showTextDocument(document, { preview: false });
		return success(undefined);
	}

	/** Opens a file of the workspace, or an address after the user has confirmed it. */
	async openLink(href: string): Promise<Outcome> {
		const link = parseLink(href);
		switch (link.kind) {
			case "refused":
				return failure(
					createError("linkRefused", { address: href.slice(0, 200) }),
				);
			case "file":
				return await this.#openFile(link.path, link.line);
			case "web":
				return await this.#openAddress(link.address);
		}
	}

	dispose(): void {
		this.proposals.dispose();
	}

	async #pathFor({
		path: named,
		attachments,
	}: CodeToApply): Promise<Result<string, HeadroomError>> {
		const { lastEditor, files } = this.#options;
		const visible = lastEditor.current;
		const target = editTarget({
			named,
			attachments,
			visible: visible ? documentPath(visible.document) : null,
		});
		switch (target.kind) {
			case "path":
				return success(target.path);
			case "elsewhere":
				return await files.resolve(target.name);
			case "unclear":
				return failure(createError("editTargetUnclear", {}));
		}
	}

	async #openFile(name: string, line: number): Promise<Outcome> {
		const path = await this.#options.files.resolve(name);
		if (!path.ok) return path;
		const uri = uriOf(path.value);
		if (!uri) return failure(createError("fileMissing", { file: name }));
		try {
			const place = new vscode.Position(line, 0);
			// `vscode.open`, because the file may be an image.
			await vscode.commands.executeCommand("vscode.open", uri, {
				selection: new vscode.Range(place, place),
			} satisfies vscode.TextDocumentShowOptions);
			return success(undefined);
		} catch (thrown) {
			const why = messageOf(thrown);
			return failure(createError("fileUnreadable", { file: path.value, why }));
		}
	}

	async #openAddress(address: string): Promise<Outcome> {
		const { t } = vscode.l10n;
		const ask =
			this.#options.confirm ?? ((question) => confirm(question, "warning"));
		const isWanted = await ask({
			title: t("Open this link outside of VS Code?"),
			detail: address,
			button: t("Open"),
		});
		if (isWanted) await vscode.env.openExternal(vscode.Uri.parse(address));
		return success(undefined);
	}
}
