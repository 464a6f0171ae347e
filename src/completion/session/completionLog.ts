/** What the log says about completions. Without any text of the user's, except at the trace level. */

import type { Log } from "../../base/log.ts";
import { formatMs, formatPercent } from "../../base/units.ts";
import type { CompletionPriority } from "../../protocol/generation.ts";
import type { CompletionResult } from "../request/getCompletion.ts";

export function logCompletion(
	log: Log,
	result: CompletionResult,
	priority: CompletionPriority,
): void {
	const isCancelled =
		result.kind === "none" && result.reason.kind === "cancelled";
	// Most keystrokes cancel the request before them, and most prefetched completions are never shown.
	log[isCancelled || priority === "idle" ? "debug" : "info"](describe(result));
	if (result.kind === "suggestion")
		log.trace(`${result.requestId} text: ${JSON.stringify(result.text)}`);
}

function describe(result: CompletionResult): string {
	const { requestId, stats, firedFilters } = result;
	const outcome =
		result.kind === "suggestion"
			? `suggested ${result.text.length} characters (ended by ${result.end})`
			: `no suggestion (${
					result.reason.kind === "failed"
						? result.reason.error.code
						: result.reason.kind
				})`;
	const filters = firedFilters.length > 0 ? `; ${firedFilters.join(", ")}` : "";
	if (!stats) return `completion ${requestId}: ${outcome}${filters}`;
	const reused =
		stats.promptTokens === 0 ? 0 : stats.reusedTokens / stats.promptTokens;
	const drafted =
		stats.draftedTokens === 0
			? ""
			: ` and ${stats.decodeSteps} steps (${stats.acceptedTokens} of ${stats.draftedTokens} drafted accepted)`;
	return (
		`completion ${requestId}: ${outcome}${filters}; ` +
		`prompt ${stats.promptTokens} tokens, ${stats.reusedTokens} reused (${formatPercent(reused)}), ` +
		`${stats.snippetTokens} from other files, ${stats.leftOutTokens} left out; ` +
		`prefill ${formatMs(stats.prefillMs)}, ${stats.decodeTokens} tokens decoded in ${formatMs(stats.decodeMs)}${drafted}, total ${formatMs(stats.totalMs)}`
	);
}
