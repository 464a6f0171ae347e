/** What completion needs from an engine. */

import type { FimRequest, GenerationEnd } from "../../protocol/generation.ts";

export interface CompletionEngine {
	complete(
		request: FimRequest,
		signal: AbortSignal,
	): {
		readonly requestId: string;
		/** Never throws; the return value says how it ended. */
		readonly chunks: AsyncGenerator<string, GenerationEnd>;
	};
}
