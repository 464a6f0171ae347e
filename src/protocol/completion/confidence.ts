/** How sure a suggestion must be to be shown unasked, and what is remembered of those that were. */

import * as z from "zod/mini";

/** `automatic` learns from what the user accepts; `more` shows everything. */
export const ConfidenceMode = z.enum([
	"automatic",
	"fewer",
	"balanced",
	"more",
]);
export type ConfidenceMode = z.infer<typeof ConfidenceMode>;

/** The joint probability of suggestions is told in so many ranges of equal width. */
export const probabilityRanges = 10;

const count = z.number().check(z.nonnegative(), z.lte(1e6));

/** Suggestions in a range of the joint probability. Not whole numbers, because earlier outcomes count less. */
const Counts = z.readonly(z.object({ shown: count, accepted: count }));

/** By range, the lowest probability first. */
export const AcceptanceCounts = z
	.readonly(z.array(Counts))
	.check(z.refine((counts) => counts.length === probabilityRanges));
export type AcceptanceCounts = z.infer<typeof AcceptanceCounts>;

const maxModels = 50;

/** Counts only: no text of the user's, and no place. */
export const AcceptanceRecord = z.readonly(
	z.object({
		version: z.literal(1),
		/** The model used last comes last. */
		models: z
			.readonly(
				z.array(
					z.readonly(
						z.object({
							model: z.string().check(z.minLength(1), z.maxLength(1000)),
							counts: AcceptanceCounts,
						}),
					),
				),
			)
			.check(z.refine((models) => models.length <= maxModels)),
	}),
);
export type AcceptanceRecord = z.infer<typeof AcceptanceRecord>;

export const emptyAcceptance: AcceptanceRecord = { version: 1, models: [] };

/** The record with other counts for a model, without the models that were used longest ago. */
export function withCounts(
	{ models }: AcceptanceRecord,
	model: string,
	counts: AcceptanceCounts,
): AcceptanceRecord {
	const others = models.filter((it) => it.model !== model);
	return {
		version: 1,
		models: [...others, { model, counts }].slice(-maxModels),
	};
}
