/** Describes a model to both processes. */

import * as z from "zod/mini";

/** Order of a fill-in-the-middle prompt: prefix, suffix, middle, or suffix first. */
export const FimOrder = z.enum(["psm", "spm"]);
export type FimOrder = z.infer<typeof FimOrder>;

/** What the model is used for. */
export const Role = z.enum(["completion", "chat"]);
export type Role = z.infer<typeof Role>;

export const ModelDescription = z.readonly(
	z.object({
		/** Absolute path. */
		file: z.string(),
		/** The name in the header, or the file name. For display only. */
		name: z.string(),
		architecture: z.string(),
		parameterCount: z.number(),
		/** The type that holds most of the weights, such as Q4_K. */
		quantization: z.string(),
		fileBytes: z.number(),
		/** In tokens, as declared by the header. */
		trainedContextWindow: z.number(),
		fimOrder: FimOrder,
		/** As declared by its maker, or inferred from the file. */
		roles: z.readonly(z.array(Role)),
	}),
);
export type ModelDescription = z.infer<typeof ModelDescription>;
