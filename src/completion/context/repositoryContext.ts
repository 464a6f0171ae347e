/** The context in the prompts of each document: it stays the same until the engine has evaluated a better one. */

import { LruCache } from "../../base/lruCache.ts";
import type { Snippet } from "../../protocol/generation.ts";
import type {
	PromptContext,
	PromptContextProvider,
} from "../request/promptContext.ts";
import type { DocumentSnapshot } from "../text/documentContext.ts";
import type { FramedText } from "../text/editFrame.ts";
import type { ContextStore } from "./contextStore.ts";
import { EditFrames } from "./editFrames.ts";
import { localWindow } from "./localWindow.ts";
import { rankCandidates } from "./ranking.ts";
import { StableContext } from "./stableContext.ts";

const maxDocuments = 8;

/** A lower bound, so that proposals fit the budget: code usually has 3 to 4 characters per token. */
const charsPerToken = 3;

/** The snippets in the prompts of each document, from one session to the next. */
export interface SnippetMemory {
	/** Empty for an unknown document. */
	read(uri: string): readonly Snippet[];
	write(uri: string, snippets: readonly Snippet[]): void;
}

export interface RepositoryContextOptions {
	readonly store: ContextStore;
	/** Without it, the first prompts of a session have no snippets. */
	readonly memory?: SnippetMemory;
	/** Which files may be shown to the model now; those of a remembered snippet may have become secret or ignored. */
	readonly mayShow?: (path: string) => boolean;
	/** The name of the repository of a document; empty where it is in none. */
	readonly repositoryOf: (uri: string) => string;
	/** Tokens that the engine reserves for snippets. */
	readonly budgetTokens: () => number;
}

export class RepositoryContext implements PromptContextProvider {
	readonly #options: RepositoryContextOptions;
	readonly #frames = new EditFrames();
	readonly #contexts = new LruCache<string, StableContext>(maxDocuments);

	constructor(options: RepositoryContextOptions) {
		this.#options = options;
	}

	repositoryOf(uri: string): string {
		return this.#options.repositoryOf(uri);
	}

	snippetsFor(uri: string): readonly Snippet[] {
		return this.#contexts.get(uri)?.snippets ?? this.#remembered(uri);
	}

	frameFor(snapshot: DocumentSnapshot): FramedText {
		return this.#frames.frameFor(snapshot);
	}

	propose(snapshot: DocumentSnapshot): PromptContext {
		const { uri, path, text, offset } = snapshot;
		const { store, budgetTokens } = this.#options;
		const local = localWindow(path, text, offset);
		const proposed = this.#contextOf(uri).propose({
			ranked: rankCandidates(store.candidates(path), local),
			local,
			budgetChars: budgetTokens() * charsPerToken,
			isCurrent: (snippet) => store.holds(snippet.path, snippet.text),
		});
		return {
			snippets: proposed ?? this.snippetsFor(uri),
			...this.#frames.propose(snapshot),
		};
	}

	accept(uri: string, { snippets, frame }: PromptContext): void {
		this.#contextOf(uri).accept(snippets);
		this.#options.memory?.write(uri, snippets);
		this.#frames.accept(uri, frame);
	}

	#contextOf(uri: string): StableContext {
		const known = this.#contexts.get(uri);
		if (known) return known;
		const context = new StableContext();
		context.accept(this.#remembered(uri));
		this.#contexts.set(uri, context);
		return context;
	}

	/** Until something better is prepared, a document has the snippets of the last session: with them its prompt may still be evaluated. */
	#remembered(uri: string): readonly Snippet[] {
		const { memory, mayShow } = this.#options;
		const snippets = memory?.read(uri) ?? [];
		return snippets.every(({ path }) => mayShow?.(path)) ? snippets : [];
	}
}
