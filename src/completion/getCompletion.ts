/** The one path from a cursor to a suggestion. */

import type {
	FimRequest,
	GenerationEnd,
	GenerationStats,
	StopReason,
} from "../protocol/generation.ts";
import { type DocumentSnapshot, documentContext } from "./documentContext.ts";
import { filtered } from "./filters/filtered.ts";
import { filterPlace } from "./filters/filterPlace.ts";
import { indentOf } from "./indentation.ts";
import type { FilterName, NoSuggestionReason } from "./reasons.ts";
import { type SuggestionShape, suggestionShape } from "./shape.ts";
import { trimSuggestion } from "./trimSuggestion.ts";

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
	signal: AbortSignal,
	/** Called with all there is of the text, each time there is more. */
	onText: (text: string) => void = () => {},
): Promise<CompletionResult> {
	const context = documentContext(snapshot);
	const { line, lineBefore, lineAfter, suffix, prefixBlocks } = context;
	const shape = suggestionShape({
		languageId: snapshot.languageId,
		lineBefore,
		lineAfter,
		textBefore: prefixBlocks.join("") + lineBefore,
	});
	// The filters may have enough before the model has: then the work is ended, and its figures are waited for.
	const enough = new AbortController();
	const { requestId, chunks } = engine.complete(
		{
			repository: "",
			snippets: [],
			path: snapshot.path,
			suffix,
			prefixBlocks,
			line,
			maxTokens: maxTokens[shape],
			rank: 0,
			priority: "typing",
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
	for await (const chunk of filtered(source, place, onFired)) {
		raw += chunk;
		onText(raw);
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
		text: shape === "body" ? beforeCloser(text, indentOf(lineBefore)) : text,
		end: enough.signal.aborted ? "rule" : end.stopReason,
	};
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
