/** What completion needs from an engine. */

import type {
	CompletionChunk,
	FimRequest,
	GenerationEnd,
} from "../../protocol/generation.ts";

export interface CompletionEngine {
	/** @param replaces the id of a request that this one steers: it ends as cancelled, and this one goes on in its place. */
	complete(
		request: FimRequest,
		signal: AbortSignal,
		replaces?: string,
	): {
		readonly requestId: string;
		/** Never throws; the return value says how it ended. */
		readonly chunks: AsyncGenerator<CompletionChunk, GenerationEnd>;
	};
}
