/** The mode of speculative decoding, and its statistics. */

import * as z from "zod/mini";

/**
 * `lookup` is prompt lookup decoding, `draft` uses a draft model, `auto` uses whichever pays. The text of an answer does not depend on
 * it.
 */
export const SpeculationMode = z.enum(["auto", "lookup", "draft", "off"]);
export type SpeculationMode = z.infer<typeof SpeculationMode>;

/** Whether a draft model is to be loaded beside the target. */
export function usesDraftModel(speculation: SpeculationMode): boolean {
	return speculation === "auto" || speculation === "draft";
}

/** Whether prompt lookup decoding is on. */
export function usesLookup(speculation: SpeculationMode): boolean {
	return speculation === "auto" || speculation === "lookup";
}

/** What drafts were good for in some answers. */
export interface SpeculationCounters {
	/** Of the drafted tokens that were verified, those that the model said too: 0 to 1. */
	readonly acceptedShare: number;
	/** Tokens that came of each evaluation of the model; 1 without drafts. */
	readonly tokensPerStep: number;
	/** How many times as fast as one by one; below 1 where drafts cost more than they saved. */
	readonly gain: number;
}
