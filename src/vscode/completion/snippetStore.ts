/**
 * Keeps which snippets from other files the prompts of the last documents had, for the next session in this workspace. A window that has just
 * opened knows no other files, and without their snippets the saved prompt of a file would begin otherwise.
 */

import type { Memento } from "vscode";
import type { Log } from "../../base/log.ts";
import type { SnippetMemory } from "../../completion/context/repositoryContext.ts";
import { messageOf } from "../../protocol/errors.ts";
import { SavedSnippets, type Snippet } from "../../protocol/generation.ts";

const storageKey = "headroom.completion.snippets";
/** As many as the engine keeps prompts of. */
const maxDocuments = 16;

export interface SnippetStoreOptions {
	/** Of the workspace. */
	readonly memento: Memento;
	/** Whether the user wants prompts kept. */
	readonly isWanted: () => boolean;
	readonly log: Log;
}

export class SnippetStore implements SnippetMemory {
	readonly #options: SnippetStoreOptions;
	/** The latest last. */
	#saved: SavedSnippets;

	constructor(options: SnippetStoreOptions) {
		this.#options = options;
		const parsed = SavedSnippets.safeParse(options.memento.get(storageKey));
		this.#saved = parsed.success ? parsed.data : [];
		this.clearIfUnwanted();
	}

	read(uri: string): readonly Snippet[] {
		return this.#saved.find((it) => it.uri === uri)?.snippets ?? [];
	}

	write(uri: string, snippets: readonly Snippet[]): void {
		if (!this.#options.isWanted()) return;
		const others = this.#saved.filter((it) => it.uri !== uri);
		if (snippets.length === 0 && others.length === this.#saved.length) return;
		this.#save(
			snippets.length === 0
				? others
				: [...others, { uri, snippets }].slice(-maxDocuments),
		);
	}

	clear(): void {
		if (this.#saved.length > 0) this.#save([]);
	}

	clearIfUnwanted(): void {
		if (!this.#options.isWanted()) this.clear();
	}

	#save(saved: SavedSnippets): void {
		const { memento, log } = this.#options;
		this.#saved = saved;
		memento
			.update(storageKey, saved.length === 0 ? undefined : saved)
			.then(undefined, (thrown) =>
				log.warn(`snippets cannot be saved: ${messageOf(thrown)}`),
			);
	}
}
