/** The last message of a request: exactly one, whatever happens to the work. */

import type { Result } from "../base/result.ts";
import type { FromEngine } from "../protocol/engineProtocol.ts";
import { type HeadroomError, messageOf } from "../protocol/errors.ts";
import type { GenerationStats } from "../protocol/generation.ts";

/** The reply that the work returns, or `failed`; never rejects. */
export async function replyTo(
	requestId: string,
	work: () => Promise<Result<FromEngine, HeadroomError>>,
	errorFor: (why: string) => HeadroomError,
): Promise<FromEngine> {
	try {
		const result = await work();
		return result.ok ? result.value : failed(requestId, result.error);
	} catch (thrown) {
		return failed(requestId, errorFor(messageOf(thrown)));
	}
}

export function failed(requestId: string, error: HeadroomError): FromEngine {
	return { kind: "failed", requestId, error };
}

/** For a request that was cancelled before it evaluated anything. */
export function cancelled(requestId: string, totalMs: number): FromEngine {
	return {
		kind: "done",
		requestId,
		stopReason: "cancelled",
		stats: emptyStats(totalMs),
	};
}

/** @param totalMs since the request arrived. */
export function emptyStats(totalMs: number): GenerationStats {
	return {
		promptTokens: 0,
		reusedTokens: 0,
		leftOutTokens: 0,
		snippetTokens: 0,
		prefillTokens: 0,
		prefillMs: 0,
		decodeTokens: 0,
		decodeSteps: 0,
		decodeMs: 0,
		plainDecodeMs: 0,
		draftedTokens: 0,
		acceptedTokens: 0,
		timeToFirstTokenMs: null,
		totalMs,
	};
}
