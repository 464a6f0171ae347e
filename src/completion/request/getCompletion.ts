/** The one path from a cursor to a suggestion. */

import type {
	FimRequest,
	GenerationEnd,
	GenerationStats,
	Priority,
	Snippet,
	StopReason,
} from "../../protocol/generation.ts";
import { indentOf } from "../../workspace/indentation.ts";
import { filtered } from "../filters/filtered.ts";
import { filterPlace } from "../filters/filterPlace.ts";
import { trimSuggestion } from "../filters/trimSuggestion.ts";
import type { FilterName, NoSuggestionReason } from "../reasons/reasons.ts";
import {
	type DocumentContext,
	type DocumentSnapshot,
	documentContext,
} from "../text/documentContext.ts";
import { type SuggestionShape, suggestionShape } from "../text/shape.ts";

/** What completion needs of an engine. The last value of the stream says how it ended; it never throws. */
export interface CompletionEngine {
	complete(
		request: FimRequest,
		signal: AbortSignal,
	): {
		readonly requestId: string;
		readonly chunks: AsyncGenerator<string, GenerationEnd>;
	};
}

/** What a prompt holds besides the text before the cursor. */
export interface PromptContext {
	/** Of other files. */
	readonly snippets: readonly Snippet[];
	/** The text behind the cursor, or what stood there before a small edit. */
	readonly suffix: string;
}

/**
 * Keeps what surrounds the text of each document in its prompts the same while someone types, because a change has everything behind
 * it evaluated anew.
 */
export interface PromptContextProvider {
	/** The name of the repository; empty where there is none. */
	repositoryOf(uri: string): string;
	snippetsFor(uri: string): readonly Snippet[];
	/** @param suffix the real text behind the cursor. */
	suffixFor(uri: string, suffix: string): string;
	/** What would serve better from now on, once it is evaluated. */
	propose(snapshot: DocumentSnapshot, suffix: string): PromptContext;
	/** It is evaluated. */
	accept(uri: string, promptContext: PromptContext): void;
}

/** No other files, and the text behind the cursor as it is. */
export const noContext: PromptContextProvider = {
	repositoryOf: () => "",
	snippetsFor: () => [],
	suffixFor: (_, suffix) => suffix,
	propose: (_, suffix) => ({ snippets: [], suffix }),
	accept: () => {},
};

export interface CompletionOptions {
	readonly signal: AbortSignal;
	readonly contextProvider: PromptContextProvider;
	/** See `FimRequest.rank`. */
	readonly rank?: number;
	readonly priority?: Priority;
	/** Called with all there is of the text, each time there is more. */
	readonly onText?: (text: string) => void;
	/** Called once where more than one line is suggested, when the first of them is whole. */
	readonly onFirstLine?: (text: string, requestId: string) => void;
}

/** What one request of the engine took. */
export interface CompletionWork {
	readonly requestId: string;
	/** Undefined where the engine did not come to it. */
	readonly stats: GenerationStats | undefined;
	/** The rules that ended or changed the text, in the order in which they did. */
	readonly firedFilters: readonly FilterName[];
}

export type CompletionResult = CompletionWork &
	(
		| {
				readonly kind: "suggestion";
				readonly text: string;
				/** Why it ends where it does: by a rule of ours, or as the model stopped. */
				readonly end: "rule" | StopReason;
		  }
		| { readonly kind: "none"; readonly reason: NoSuggestionReason }
	);

/** The engine keeps room for 128. */
const maxTokens: Record<SuggestionShape, number> = {
	line: 48,
	block: 96,
	body: 96,
};

export async function getCompletion(
	snapshot: DocumentSnapshot,
	engine: CompletionEngine,
	options: CompletionOptions,
): Promise<CompletionResult> {
	const { signal, contextProvider, rank = 0, priority = "typing" } = options;
	const context = documentContext(snapshot);
	const { uri, languageId } = snapshot;
	const { lineBefore, lineAfter, suffix, prefixBlocks } = context;
	const shape = suggestionShape({
		languageId,
		lineBefore,
		lineAfter,
		textBefore: prefixBlocks.join("") + lineBefore,
	});
	// The filters may have enough before the model has: then the work is ended, and its figures are waited for.
	const enough = new AbortController();
	const { requestId, chunks } = engine.complete(
		{
			...requestFor(snapshot, context, contextProvider, {
				snippets: contextProvider.snippetsFor(uri),
				suffix: contextProvider.suffixFor(uri, suffix),
			}),
			maxTokens: maxTokens[shape],
			kind: shape === "line" ? "line" : "block",
			rank,
			priority,
		},
		AbortSignal.any([signal, enough.signal]),
	);
	let end: GenerationEnd | undefined;
	const source = readToTheEnd(chunks, enough, (it) => {
		end = it;
	});
	const place = filterPlace(snapshot, context, shape);
	const fired = new Set<FilterName>();
	const onFired = (name: FilterName): void => void fired.add(name);
	let raw = "";
	// The rules pass blocks and bodies on by whole lines.
	let hasFirstLine = shape === "line";
	for await (const chunk of filtered(source, place, onFired)) {
		raw += chunk;
		options.onText?.(raw);
		if (hasFirstLine || raw.trim() === "") continue;
		hasFirstLine = true;
		const text = trimSuggestion(raw, place, () => {});
		if (text !== "")
			options.onFirstLine?.(finished(text, shape, lineBefore), requestId);
	}

	// Where the rules before it left only white space, the last look has nothing to say.
	const text =
		raw.trim() === "" && fired.size > 0
			? ""
			: trimSuggestion(raw, place, onFired);
	const work: CompletionWork = {
		requestId,
		stats: end?.kind === "done" ? end.stats : undefined,
		firedFilters: [...fired],
	};
	const none = (reason: NoSuggestionReason): CompletionResult => ({
		...work,
		kind: "none",
		reason,
	});
	if (end?.kind === "failed") return none({ kind: "failed", error: end.error });
	if (
		signal.aborted ||
		end?.kind !== "done" ||
		// The engine cancels too, when it is stopped: what there is of a text then is no suggestion.
		(end.stopReason === "cancelled" && !enough.signal.aborted)
	)
		return none({ kind: "cancelled" });
	if (text === "") {
		const filter = work.firedFilters.at(-1);
		return none(filter ? { kind: "filtered", filter } : { kind: "empty" });
	}
	return {
		...work,
		kind: "suggestion",
		text: finished(text, shape, lineBefore),
		end: enough.signal.aborted ? "rule" : end.stopReason,
	};
}

/**
 * Evaluates the prompt that the next completion at this place will have, with better context.
 *
 * @returns whether it came to its end.
 */
export async function evaluatePrompt(
	snapshot: DocumentSnapshot,
	engine: CompletionEngine,
	contextProvider: PromptContextProvider,
	signal: AbortSignal,
): Promise<boolean> {
	const context = documentContext(snapshot);
	const promptContext = contextProvider.propose(snapshot, context.suffix);
	const { chunks } = engine.complete(
		{
			...requestFor(snapshot, context, contextProvider, promptContext),
			maxTokens: 0,
			kind: "line",
			rank: 0,
			priority: "idle",
		},
		signal,
	);
	let next = await chunks.next();
	while (!next.done) next = await chunks.next();
	const end = next.value;
	const isEvaluated = end.kind === "done" && end.stopReason !== "cancelled";
	if (isEvaluated) contextProvider.accept(snapshot.uri, promptContext);
	return isEvaluated;
}

function requestFor(
	{ uri, path }: DocumentSnapshot,
	{ prefixBlocks, line }: DocumentContext,
	contextProvider: PromptContextProvider,
	{ snippets, suffix }: PromptContext,
): Omit<FimRequest, "maxTokens" | "kind" | "rank" | "priority"> {
	const repository = contextProvider.repositoryOf(uri);
	return { repository, snippets, path, suffix, prefixBlocks, line };
}

/** As it goes into the document. */
function finished(
	text: string,
	shape: SuggestionShape,
	lineBefore: string,
): string {
	return shape === "body" ? beforeCloser(text, indentOf(lineBefore)) : text;
}

/** The closing bracket goes below a body of several lines, and stands off from one that stands off from the opening bracket. */
function beforeCloser(body: string, indentation: string): string {
	if (body.includes("\n")) return `${body}\n${indentation}`;
	return body.startsWith(" ") ? `${body} ` : body;
}

/** Passes the stream on. Where the reader stops early, it stops the work and still reads how it ended. */
async function* readToTheEnd(
	chunks: AsyncGenerator<string, GenerationEnd>,
	enough: AbortController,
	onEnd: (end: GenerationEnd) => void,
): AsyncGenerator<string> {
	let ended = false;
	const next = async (): Promise<string | undefined> => {
		const result = await chunks.next();
		if (!result.done) return result.value;
		ended = true;
		onEnd(result.value);
		return undefined;
	};
	try {
		for (;;) {
			const chunk = await next();
			if (chunk === undefined) return;
			yield chunk;
		}
	} finally {
		if (!ended) enough.abort();
		while (!ended) await next();
	}
}
