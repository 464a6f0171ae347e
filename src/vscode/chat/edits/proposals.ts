/**
 * Changes that an answer proposes, each in a diff of its own until the user accepts or rejects it.
 *
 * Invariant: a file is changed by accepting only, and only to what the diff shows: where the file was changed meanwhile, the proposal is made
 * anew and shown again. It is never saved.
 */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../../base/disposable.ts";
import { failure, type Result, success } from "../../../base/result.ts";
import { applyEdit, type EditRequest } from "../../../chat/edit/applyEdit.ts";
import { changedRange } from "../../../chat/edit/changedRange.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../../protocol/errors.ts";
import { describeError } from "../../platform/localize.ts";
import { documentPath } from "../../workspace/documentPath.ts";

const scheme = "headroom-proposal";

interface Proposal {
	/** Of the text that is proposed. */
	readonly uri: vscode.Uri;
	/** Of the file that it is for. */
	readonly file: vscode.Uri;
	/** `target` is the text that the proposal was made for. */
	readonly request: EditRequest;
	readonly newText: string;
}

/** Nothing to accept any more is no error: the diff was closed meanwhile. */
type Outcome = Result<void, HeadroomError>;

export class Proposals implements Disposable {
	readonly #store = new DisposableStore();
	/** By their URIs. */
	readonly #open = new Map<string, Proposal>();
	readonly #onDidChange = this.#store.add(
		new vscode.EventEmitter<vscode.Uri>(),
	);
	#count = 0;

	constructor() {
		this.#store.add(
			vscode.workspace.registerTextDocumentContentProvider(scheme, {
				onDidChange: this.#onDidChange.event,
				provideTextDocumentContent: (uri) =>
					this.#open.get(uri.toString())?.newText,
			}),
		);
		this.#store.add(
			vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
				if (closed.some((tab) => proposalIn(tab))) this.#forgetClosed();
			}),
		);
	}

	/** Opens a diff of the file against what a block of code makes of it. */
	async show(
		document: vscode.TextDocument,
		{ block, selection }: Pick<EditRequest, "block" | "selection">,
	): Promise<Outcome> {
		const file = documentPath(document);
		const request = { file, target: document.getText(), block, selection };
		const edit = applyEdit(request);
		if (!edit.ok) return edit;
		const uri = vscode.Uri.from({
			scheme,
			// The name tells the editor which language it is.
			path: document.uri.path,
			query: String(++this.#count),
		});
		const { newText } = edit.value;
		const key = uri.toString();
		this.#open.set(key, { uri, file: document.uri, request, newText });
		try {
			await vscode.commands.executeCommand(
				"vscode.diff",
				document.uri,
				uri,
				vscode.l10n.t("{file}: proposed change", { file: nameOf(file) }),
				// A preview would be closed, and so rejected, by the next one.
				{ preview: false } satisfies vscode.TextDocumentShowOptions,
			);
			return success(undefined);
		} catch (thrown) {
			this.#open.delete(key);
			return failure(
				createError("fileUnreadable", { file, why: messageOf(thrown) }),
			);
		}
	}

	/** @param uri of the proposal; else the one that is looked at. */
	async accept(uri = activeProposal()): Promise<Outcome> {
		const proposal = uri && this.#open.get(uri.toString());
		if (!proposal) return success(undefined);
		const { request, newText } = proposal;
		const document = await openDocument(proposal.file, request.file);
		if (!document.ok) return document;
		if (document.value.getText() !== request.target)
			return this.#makeAnew(proposal, document.value.getText());
		// Whoever accepts twice accepts once.
		this.#open.delete(proposal.uri.toString());
		if (!(await replaceText(document.value, newText))) {
			this.#open.set(proposal.uri.toString(), proposal);
			return failure(createError("editRefused", { file: request.file }));
		}
		await vscode.window.showTextDocument(document.value, { preview: false });
		await closeTabs(proposal.uri);
		return success(undefined);
	}

	/** @param uri of the proposal; else the one that is looked at. The file stays as it is. */
	async reject(uri = activeProposal()): Promise<void> {
		if (!uri || !this.#open.delete(uri.toString())) return;
		await closeTabs(uri);
	}

	dispose(): void {
		this.#open.clear();
		this.#store.dispose();
	}

	#makeAnew(proposal: Proposal, target: string): Outcome {
		const request = { ...proposal.request, target };
		const edit = applyEdit(request);
		if (!edit.ok) return edit;
		const { newText } = edit.value;
		this.#open.set(proposal.uri.toString(), { ...proposal, request, newText });
		this.#onDidChange.fire(proposal.uri);
		void vscode.window.showInformationMessage(
			vscode.l10n.t(
				"{file} was changed meanwhile, and the proposal was made anew. Look at it, and accept it again.",
				{ file: request.file },
			),
		);
		return success(undefined);
	}

	/** A tab that is moved is closed as well, and still there. */
	#forgetClosed(): void {
		const shown = new Set(
			allTabs().flatMap((tab) => proposalIn(tab)?.toString() ?? []),
		);
		for (const key of this.#open.keys())
			if (!shown.has(key)) this.#open.delete(key);
	}
}

/** The buttons and keys of the diff. */
export function registerProposalCommands(proposals: Proposals): Disposable {
	const store = new DisposableStore();
	let isKnown: boolean | undefined;
	const tellKeys = (): void => {
		const isShown = activeProposal() !== undefined;
		if (isShown === isKnown) return;
		isKnown = isShown;
		void vscode.commands.executeCommand(
			"setContext",
			"headroom.hasProposal",
			isShown,
		);
	};
	const { tabGroups } = vscode.window;
	store.add(tabGroups.onDidChangeTabs(tellKeys));
	store.add(tabGroups.onDidChangeTabGroups(tellKeys));
	tellKeys();
	store.add(
		vscode.commands.registerCommand(
			"headroom.chat.acceptProposal",
			async (uri?: unknown) => {
				const accepted = await proposals.accept(asUri(uri));
				if (!accepted.ok)
					void vscode.window.showErrorMessage(describeError(accepted.error));
			},
		),
	);
	store.add(
		vscode.commands.registerCommand(
			"headroom.chat.rejectProposal",
			async (uri?: unknown) => await proposals.reject(asUri(uri)),
		),
	);
	return store;
}

/** A button passes what it stands beside, and a key nothing. */
function asUri(argument: unknown): vscode.Uri | undefined {
	return argument instanceof vscode.Uri && argument.scheme === scheme
		? argument
		: undefined;
}

async function openDocument(
	uri: vscode.Uri,
	file: string,
): Promise<Result<vscode.TextDocument, HeadroomError>> {
	try {
		return success(await vscode.workspace.openTextDocument(uri));
	} catch (thrown) {
		return failure(
			createError("fileUnreadable", { file, why: messageOf(thrown) }),
		);
	}
}

/** VS Code refuses an edit of a document that has changed since. One step to undo. */
async function replaceText(
	document: vscode.TextDocument,
	newText: string,
): Promise<boolean> {
	const { start, end, text } = changedRange(document.getText(), newText);
	const range = new vscode.Range(
		document.positionAt(start),
		document.positionAt(end),
	);
	const edit = new vscode.WorkspaceEdit();
	edit.replace(document.uri, range, text);
	return await vscode.workspace.applyEdit(edit);
}

function allTabs(): vscode.Tab[] {
	return vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs);
}

function proposalIn(tab: vscode.Tab | undefined): vscode.Uri | undefined {
	const input = tab?.input;
	return input instanceof vscode.TabInputTextDiff &&
		input.modified.scheme === scheme
		? input.modified
		: undefined;
}

function activeProposal(): vscode.Uri | undefined {
	return proposalIn(vscode.window.tabGroups.activeTabGroup.activeTab);
}

async function closeTabs(uri: vscode.Uri): Promise<void> {
	const tabs = allTabs().filter(
		(tab) => proposalIn(tab)?.toString() === uri.toString(),
	);
	await vscode.window.tabGroups.close(tabs);
}

function nameOf(path: string): string {
	return path.slice(path.lastIndexOf("/") + 1);
}
