/**
 * Proposed changes, each shown in a diff until the user accepts or rejects it.
 *
 * Invariant: only accepting changes a file, and only to what the diff shows. If the file has changed in the meantime, the proposal is
 * computed and shown again. The file is never saved.
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
	/** The virtual document with the proposed text. */
	readonly uri: vscode.Uri;
	/** The file to change. */
	readonly file: vscode.Uri;
	/** `target` is the text of the file that the proposal is based on. */
	readonly request: EditRequest;
	readonly newText: string;
}

/** Success also if there is nothing to accept, because the diff was closed. */
type Outcome = Result<void, HeadroomError>;

export class Proposals implements Disposable {
	readonly #store = new DisposableStore();
	/** Keyed by URI. */
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

	/** Opens a diff between the file and the file with the code block applied. */
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
			// The file name determines the language.
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
				// The next preview would close this one, which rejects the proposal.
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

	/** @param uri the proposal's; the visible one by default. */
	async accept(uri = activeProposal()): Promise<Outcome> {
		const proposal = uri && this.#open.get(uri.toString());
		if (!proposal) return success(undefined);
		const { request, newText } = proposal;
		const document = await openDocument(proposal.file, request.file);
		if (!document.ok) return document;
		if (document.value.getText() !== request.target)
			return this.#recompute(proposal, document.value.getText());
		// A second click must not apply it twice.
		this.#open.delete(proposal.uri.toString());
		if (!(await replaceText(document.value, newText))) {
			this.#open.set(proposal.uri.toString(), proposal);
			return failure(createError("editRefused", { file: request.file }));
		}
		await vscode.window.showTextDocument(document.value, { preview: false });
		await closeTabs(proposal.uri);
		return success(undefined);
	}

	/** Leaves the file as it is. @param uri the proposal's; the visible one by default. */
	async reject(uri = activeProposal()): Promise<void> {
		if (!uri || !this.#open.delete(uri.toString())) return;
		await closeTabs(uri);
	}

	dispose(): void {
		this.#open.clear();
		this.#store.dispose();
	}

	#recompute(proposal: Proposal, target: string): Outcome {
		const request = { ...proposal.request, target };
		const edit = applyEdit(request);
		if (!edit.ok) return edit;
		const { newText } = edit.value;
		this.#open.set(proposal.uri.toString(), { ...proposal, request, newText });
		this.#onDidChange.fire(proposal.uri);
		void vscode.window.showInformationMessage(
			vscode.l10n.t(
				"{file} has changed, so the proposal was updated. Review it and accept it again.",
				{ file: request.file },
			),
		);
		return success(undefined);
	}

	/** Moving a tab reports it as closed, though it still exists. */
	#forgetClosed(): void {
		const shown = new Set(
			allTabs().flatMap((tab) => proposalIn(tab)?.toString() ?? []),
		);
		for (const key of this.#open.keys())
			if (!shown.has(key)) this.#open.delete(key);
	}
}

/** The commands behind the diff's buttons and keys. */
export function registerProposalCommands(proposals: Proposals): Disposable {
	const store = new DisposableStore();
	let wasShown: boolean | undefined;
	const updateContextKey = (): void => {
		const isShown = activeProposal() !== undefined;
		if (isShown === wasShown) return;
		wasShown = isShown;
		void vscode.commands.executeCommand(
			"setContext",
			"headroom.hasProposal",
			isShown,
		);
	};
	const { tabGroups } = vscode.window;
	store.add(tabGroups.onDidChangeTabs(updateContextKey));
	store.add(tabGroups.onDidChangeTabGroups(updateContextKey));
	updateContextKey();
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

/** A button passes the URI of its editor, a key binding nothing. */
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

/** One undo step. @returns false if the document has changed since. */
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
