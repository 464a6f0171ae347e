/** From a cursor to a suggestion: prompt, engine, filters. The only path there is. */

import type {
	CompletionChunk,
	CompletionPriority,
	GenerationEnd,
	GenerationStats,
	StopReason,
} from "../../protocol/generation.ts";
import { indentOf } from "../../workspace/indentation.ts";
import { type Piece, piecesOf } from "../confidence/pieces.ts";
import { filtered } from "../filters/filtered.ts";
import { filterPlace } from "../filters/filterPlace.ts";
import { trimSuggestion } from "../filters/trimSuggestion.ts";
import type { FilterName, NoSuggestionReason } from "../reasons/reasons.ts";
import { syntaxAt } from "../syntax/syntaxAt.ts";
import type { SyntaxPort } from "../syntax/syntaxPort.ts";
import {
	type DocumentSnapshot,
	documentContext,
} from "../text/documentContext.ts";
import { type SuggestionShape, suggestionShape } from "../text/shape.ts";
import type { CompletionEngine } from "./completionEngine.ts";
import type { PromptContextProvider } from "./promptContext.ts";
import { promptFields } from "./promptFields.ts";

export interface CompletionOptions {
	readonly signal: AbortSignal;
	readonly contextProvider: PromptContextProvider;
	/** Without it, brackets and indentation decide what a block is. */
	readonly syntax?: SyntaxPort | undefined;
	/** See `FimRequest.rank`. */
	readonly rank?: number;
	readonly priority?: CompletionPriority;
	/** See `FimRequest.minProbability`. */
	readonly minProbability?: number;
}

/** The cost of one request to the engine. */
export interface CompletionWork {
	readonly requestId: string;
	/** Undefined where the engine never started the request. */
	readonly stats: GenerationStats | undefined;
	/** The filters that ended or changed the text, in the order in which they did. */
	readonly firedFilters: readonly FilterName[];
}

export type CompletionResult = CompletionWork &
	(
		| {
				readonly kind: "suggestion";
				readonly text: string;
				/** The text with its probabilities. */
				readonly pieces: readonly Piece[];
				/** Why it ends where it does: a filter (`rule`, as the command line has always printed it) or the model stopped it. */
				readonly end: "rule" | StopReason;
		  }
		| { readonly kind: "none"; readonly reason: NoSuggestionReason }
	);

export type CompletionEvent =
	/** All of the text so far. */
	| {
			readonly kind: "text";
			readonly text: string;
			readonly pieces: readonly Piece[];
	  }
	/** At most once, and only for a suggestion of several lines: its first line is complete. */
	| {
			readonly kind: "firstLine";
			readonly text: string;
			readonly pieces: readonly Piece[];
			readonly requestId: string;
	  }
	/** Always the last. */
	| { readonly kind: "end"; readonly result: CompletionResult };

/** The engine reserves 128 tokens of its context for an answer. */
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
	for await (const event of streamCompletion(snapshot, engine, options))
		if (event.kind === "end") return event.result;
	throw new Error("a completion ended without a result");
}

/** The request goes to the engine when the first event is asked for. A reader that stops early cancels it. */
export async function* streamCompletion(
	snapshot: DocumentSnapshot,
	engine: CompletionEngine,
	options: CompletionOptions,
): AsyncGenerator<CompletionEvent> {
	const { signal, contextProvider, rank = 0, priority = "typing" } = options;
	const { minProbability = 0 } = options;
	const context = documentContext(snapshot);
	const { uri, languageId } = snapshot;
	const { lineBefore, lineAfter, prefixBlocks } = context;
	const syntax =
		options.syntax && syntaxAt(options.syntax, languageId, context);
	const shape = suggestionShape({
		languageId,
		lineBefore,
		lineAfter,
		textBefore: prefixBlocks.join("") + lineBefore,
		syntax,
	});
	// Aborted when the filters end the text before the model does. The statistics are still awaited.
	const enough = new AbortController();
	const { requestId, chunks } = engine.complete(
		{
			...promptFields(snapshot, contextProvider, {
				snippets: contextProvider.snippetsFor(uri),
				...contextProvider.frameFor(snapshot),
			}),
			maxTokens: maxTokens[shape],
			kind: shape === "line" ? "line" : "block",
			rank,
			minProbability,
			priority,
		},
		AbortSignal.any([signal, enough.signal]),
	);
	let end: GenerationEnd | undefined;
	const generated: Piece[] = [];
	const source = readToTheEnd(chunks, enough, {
		onChunk: (it) => generated.push(it),
		onEnd: (it) => {
			end = it;
		},
	});
	const place = filterPlace(snapshot, context, shape, syntax);
	const fired = new Set<FilterName>();
	const onFired = (name: FilterName): void => void fired.add(name);
	let raw = "";
	// The filters pass blocks and bodies on line by line.
	let hasFirstLine = shape === "line";
	for await (const chunk of filtered(source, place, onFired)) {
		raw += chunk;
		yield { kind: "text", text: raw, pieces: piecesOf(raw, generated) };
		if (hasFirstLine || raw.trim() === "") continue;
		hasFirstLine = true;
		const line = trimSuggestion(raw, place, () => {});
		if (line === "") continue;
		const text = finished(line, shape, lineBefore);
		const pieces = piecesOf(text, generated);
		yield { kind: "firstLine", text, pieces, requestId };
	}
	const text =
		// Where the filters left only white space, trimming would report a filter that changed nothing.
		raw.trim() === "" && fired.size > 0
			? ""
			: finished(trimSuggestion(raw, place, onFired), shape, lineBefore);
	const result = resultOf(
		piecesOf(text, generated),
		{
			requestId,
			stats: end?.kind === "done" ? end.stats : undefined,
			firedFilters: [...fired],
		},
		end,
		{ isAborted: signal.aborted, isEnough: enough.signal.aborted },
	);
	yield { kind: "end", result };
}

function resultOf(
	pieces: readonly Piece[],
	work: CompletionWork,
	end: GenerationEnd | undefined,
	{ isAborted, isEnough }: { isAborted: boolean; isEnough: boolean },
): CompletionResult {
	const none = (reason: NoSuggestionReason): CompletionResult => ({
		...work,
		kind: "none",
		reason,
	});
	if (end?.kind === "failed") return none({ kind: "failed", error: end.error });
	if (
		isAborted ||
		end?.kind !== "done" ||
		// The engine also cancels when it is stopped: an incomplete text is no suggestion.
		(end.stopReason === "cancelled" && !isEnough)
	)
		return none({ kind: "cancelled" });
	if (pieces.length === 0) {
		const filter = work.firedFilters.at(-1);
		if (filter) return none({ kind: "filtered", filter });
		const isUnsure = end.stopReason === "unsure";
		return none({ kind: isUnsure ? "unsure" : "empty" });
	}
	return {
		...work,
		kind: "suggestion",
		text: pieces.map((piece) => piece.text).join(""),
		pieces,
		end: isEnough ? "rule" : end.stopReason,
	};
}

/** The text as it is inserted into the document. */
function finished(
	text: string,
	shape: SuggestionShape,
	lineBefore: string,
): string {
	return shape === "body" ? beforeCloser(text, indentOf(lineBefore)) : text;
}

/** Puts the closing bracket on a line of its own below a body of several lines, and repeats a space after the opening bracket before it. */
function beforeCloser(body: string, indentation: string): string {
	if (body.includes("\n")) return `${body}\n${indentation}`;
	return body.startsWith(" ") ? `${body} ` : body;
}

/** Passes the stream on. When the reader stops early, aborts the request and still reads the stream to its end. */
async function* readToTheEnd(
	chunks: AsyncGenerator<CompletionChunk, GenerationEnd>,
	enough: AbortController,
	{
		onChunk,
		onEnd,
	}: {
		readonly onChunk: (chunk: CompletionChunk) => void;
		readonly onEnd: (end: GenerationEnd) => void;
	},
): AsyncGenerator<string> {
	let ended = false;
	const next = async (): Promise<string | undefined> => {
		const result = await chunks.next();
		if (!result.done) {
			onChunk(result.value);
			return result.value.text;
		}
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
