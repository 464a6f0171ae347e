/** The context of the next question: the active editor's file and selection, what the user chose, and what the question mentions. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import { Emitter, type Event } from "../../base/event.ts";
import { LruCache } from "../../base/lruCache.ts";
import { type Result, success } from "../../base/result.ts";
import {
	type DefaultContextItem,
	defaultContextItems,
	stillRemoved,
} from "../../chat/attachments/defaultContext.ts";
import { parseMentions } from "../../chat/attachments/mentions.ts";
import {
	namesInQuestion,
	pathNamed,
} from "../../chat/attachments/namedInQuestion.ts";
import type { OfferedAttachment } from "../../chat/chatPorts.ts";
import { attachmentText } from "../../chat/prompt/promptParts.ts";
import type { Attachment } from "../../protocol/attachment.ts";
import type {
	ContextChip,
	InputSuggestion,
	SuggestionKind,
} from "../../protocol/chatView.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import { looksSecret } from "../../workspace/contextFiles.ts";
import { documentPath } from "../workspace/documentPath.ts";
import type { LastEditor } from "../workspace/lastEditor.ts";
import { documentLinkProblem } from "../workspace/realFiles.ts";
import type { WorkspaceFiles } from "../workspace/workspaceFiles.ts";
import { attach } from "./attachments/attach.ts";
import {
	type Attachable,
	attachableId,
	attachableOf,
	chipOf,
} from "./attachments/attachables.ts";
import {
	fileAttachment,
	lengthOf,
	maxFileBytes,
} from "./attachments/attachedFiles.ts";
import { findSymbols } from "./attachments/symbols.ts";
import {
	type AttachableSuggestion,
	commandSuggestions,
	foldersOf,
	kindSuggestions,
	maxSuggestions,
	parseAttachableQuery,
	pathSuggestions,
	symbolSuggestions,
} from "./chatSuggestions.ts";

export interface EditorContextOptions {
	readonly lastEditor: LastEditor;
	readonly files: WorkspaceFiles;
}

const spare = { isSpare: true } as const;

/** The list on screen may be some keys old when the user chooses an entry. */
const keptSuggestions = 200;

export class EditorContext implements Disposable {
	readonly #options: EditorContextOptions;
	readonly #store = new DisposableStore();
	readonly #onDidChange = this.#store.add(new Emitter<void>());
	/** Keyed by id, in the order of choosing. */
	readonly #chosen = new Map<string, Attachable>();
	readonly #suggested = new LruCache<string, Attachable>(keptSuggestions);
	#removed: ReadonlySet<string> = new Set();
	/** What the question names, keyed by id; chips of their own. */
	#named: ReadonlyMap<string, Attachable> = new Map();
	/** Ids of named chips that the user took off this question. */
	#refused: ReadonlySet<string> = new Set();
	/** The ids of the default chips at the last update. */
	#defaultIds = "";

	/** Fires when `chips` has another value. */
	readonly onDidChange: Event<void> = this.#onDidChange.event;

	constructor(options: EditorContextOptions) {
		this.#options = options;
		this.#store.add(options.lastEditor.onDidChange(() => this.#update()));
		this.#update();
	}

	/** Without token counts. */
	chips(): readonly ContextChip[] {
		const defaults = this.#defaults().map(
			({ id, kind, label }): ContextChip => ({
				id,
				kind,
				label,
				tokens: null,
				removable: true,
			}),
		);
		const shown = new Set(defaults.map(({ id }) => id));
		const chosen = new Map([...this.#named, ...this.#chosen]);
		return [
			...defaults,
			...[...chosen.values()].map(chipOf).filter(({ id }) => !shown.has(id)),
		];
	}

	/** A removed default chip comes back with another file or selection. */
	remove(id: string): void {
		this.#chosen.delete(id);
		if (this.#named.has(id)) this.#refused = new Set([...this.#refused, id]);
		this.#setNamed([...this.#named.values()]);
		if (this.#defaults().some((it) => it.id === id))
			this.#removed = new Set([...this.#removed, id]);
		this.#onDidChange.fire();
	}

	/**
	 * The chips, what the input mentions, and what it names, in this order and without duplicates.
	 *
	 * @returns an error if one of them cannot be attached: the question must not be sent without it.
	 */
	async attachmentsFor(
		input: string,
	): Promise<Result<readonly OfferedAttachment[], HeadroomError>> {
		const editor = this.#options.lastEditor.current;
		const named = await this.#findNamed(input);
		const attachments: OfferedAttachment[] = editor
			? this.#defaults().map((it) => ({
					...defaultAttachment(it, editor),
					// What the question names is rather its subject.
					...(named.size > 0 && it.kind === "file" && spare),
				}))
			: [];
		const mentioned = parseMentions(input).map(attachableOf);
		const attachables = new Map(
			[...this.#chosen.values(), ...mentioned].map((it) => [
				attachableId(it),
				it,
			]),
		);
		for (const { id } of this.#defaults()) attachables.delete(id);
		const found = await Promise.all(
			[...attachables.values()].map((it) =>
				attach(it, editor?.document, this.#options.files),
			),
		);
		for (const result of found) {
			if (!result.ok) return result;
			attachments.push(...result.value);
		}
		for (const [id, it] of named) {
			if (attachables.has(id)) continue;
			const result = await attach(it, editor?.document, this.#options.files);
			// Nobody asked for it.
			if (result.ok)
				attachments.push(...result.value.map((it) => ({ ...it, ...spare })));
		}
		// A file may be attached by itself and with its folder.
		const byText = new Map<string, OfferedAttachment>();
		for (const it of attachments) {
			const text = attachmentText(it);
			if (!byText.has(text)) byText.set(text, it);
		}
		return success([...byText.values()]);
	}

	/** @param query the text behind `#` or `/`. */
	async suggestionsFor(
		of: SuggestionKind,
		query: string,
	): Promise<readonly InputSuggestion[]> {
		if (of === "command") return commandSuggestions(query, vscode.l10n.t);
		const found = await this.#attachables(query);
		for (const { suggestion, attachable } of found)
			if (attachable) this.#suggested.set(suggestion.id, attachable);
		return found.map(({ suggestion }) => suggestion);
	}

	/** Makes a suggestion a chip, unless it only inserts text. */
	choose(id: string): void {
		const attachable = this.#suggested.get(id);
		if (!attachable) return;
		this.#chosen.set(id, attachable);
		// Choosing an item that was removed restores it.
		this.#removed = new Set([...this.#removed].filter((it) => it !== id));
		this.#onDidChange.fire();
	}

	/** The chosen chips are for one question only. */
	onQuestionSent(): void {
		this.#refused = new Set();
		if (this.#chosen.size === 0 && this.#named.size === 0) return;
		this.#chosen.clear();
		this.#named = new Map();
		this.#onDidChange.fire();
	}

	dispose(): void {
		this.#store.dispose();
	}

	/** Its files, folders and symbols that exist and may be shown, as far as each name stands for one of them. */
	async #findNamed(input: string): Promise<ReadonlyMap<string, Attachable>> {
		const { files, lastEditor } = this.#options;
		const { paths, symbols } = namesInQuestion(input);
		if (paths.length + symbols.length === 0) return this.#setNamed([]);
		const known = await files.paths();
		const found: Attachable[] = [];
		for (const name of paths) {
			const path = pathNamed(name, known);
			const folder =
				path === undefined ? pathNamed(name, foldersOf(known)) : undefined;
			if (path !== undefined) found.push({ kind: "file", path });
			else if (folder !== undefined && name.includes("/"))
				found.push({ kind: "folder", path: folder });
		}
		const places = await Promise.all(
			symbols.map(async (name) => {
				const all = (
					await findSymbols(name, lastEditor.current?.document)
				).filter((it) => it.name === name && files.mayShow(it.path));
				const inPaths = new Set(all.map(({ path }) => path));
				// A file that is named or open already has it.
				return inPaths.size === 1 ? all.slice(0, 1) : [];
			}),
		);
		const attached = new Set([
			...found.flatMap((it) => (it.kind === "file" ? [it.path] : [])),
			...this.#defaults().map(({ path }) => path),
		]);
		for (const { name, path, line } of places.flat())
			if (!attached.has(path))
				found.push({ kind: "symbol", name, place: { path, line } });
		return this.#setNamed(found);
	}

	#setNamed(found: readonly Attachable[]): ReadonlyMap<string, Attachable> {
		const defaults = new Set(this.#defaults().map(({ id }) => id));
		const named = new Map(
			found
				.map((it) => [attachableId(it), it] as const)
				.filter(([id]) => !defaults.has(id) && !this.#refused.has(id)),
		);
		const isSame =
			named.size === this.#named.size &&
			[...named.keys()].every((id) => this.#named.has(id));
		this.#named = named;
		if (!isSame) this.#onDidChange.fire();
		return named;
	}

	async #attachables(query: string): Promise<readonly AttachableSuggestion[]> {
		const { kind, text } = parseAttachableQuery(query);
		const { files, lastEditor } = this.#options;
		switch (kind) {
			case "file":
				return pathSuggestions(
					kind,
					text,
					text === "" ? this.#openPaths() : await files.paths(),
				);
			case "folder":
				return pathSuggestions(kind, text, foldersOf(await files.paths()));
			case "symbol":
				return symbolSuggestions(
					text,
					(await findSymbols(text, lastEditor.current?.document)).filter((it) =>
						files.mayShow(it.path),
					),
				);
			case "any": {
				const kinds = kindSuggestions(text, vscode.l10n.t);
				const paths = text === "" ? this.#openPaths() : await files.paths();
				return [...kinds, ...pathSuggestions("file", text, paths)].slice(
					0,
					maxSuggestions,
				);
			}
		}
	}

	/** Open documents are the likeliest choice before anything is typed. */
	#openPaths(): string[] {
		return vscode.workspace.textDocuments
			.filter(({ uri }) => vscode.workspace.getWorkspaceFolder(uri))
			.map(documentPath)
			.filter((path) => this.#options.files.mayShow(path));
	}

	#update(): void {
		const editor = this.#options.lastEditor.current;
		// Without an active editor the removed items stay removed.
		if (editor)
			this.#removed = stillRemoved(this.#removed, this.#allDefaults());
		const ids = this.#defaults()
			.map(({ id }) => id)
			.join("\n");
		if (ids === this.#defaultIds) return;
		this.#defaultIds = ids;
		this.#onDidChange.fire();
	}

	#defaults(): DefaultContextItem[] {
		return this.#allDefaults().filter(({ id }) => !this.#removed.has(id));
	}

	#allDefaults(): DefaultContextItem[] {
		const editor = this.#options.lastEditor.current;
		if (!editor) return [];
		const { document, selection } = editor;
		const path = documentPath(document);
		return defaultContextItems({
			path,
			selection: selection.isEmpty
				? null
				: {
						startLine: selection.start.line,
						startCharacter: selection.start.character,
						endLine: selection.end.line,
						endCharacter: selection.end.character,
					},
			// Unlike a search result, a default chip may be of an ignored file: the user sees it and can remove it.
			canAttach: !looksSecret(path) && !documentLinkProblem(document),
			isHuge: lengthOf(document) > maxFileBytes,
		});
	}
}

function defaultAttachment(
	{ kind, label, path }: DefaultContextItem,
	{ document, selection }: vscode.TextEditor,
): Attachment {
	const file = fileAttachment(path, document);
	return kind === "file"
		? file
		: { ...file, kind, label, text: document.getText(selection) };
}
