/** What a model is, as far as both processes need to know. */

import * as z from "zod/mini";

/** Whether the text before the cursor comes first in a prompt (prefix, suffix, middle) or the text after it. */
export const FimOrder = z.enum(["psm", "spm"]);
export type FimOrder = z.infer<typeof FimOrder>;

/** What a model is used for. */
export const Role = z.enum(["completion", "chat"]);
export type Role = z.infer<typeof Role>;

export const ModelDescription = z.readonly(
	z.object({
		/** Absolute path. */
		file: z.string(),
		/** The name in the header, or else that of the file. For people; nothing is decided by it. */
		name: z.string(),
		architecture: z.string(),
		parameterCount: z.number(),
		/** The type that holds most of the weights, such as Q4_K. */
		quantization: z.string(),
		fileBytes: z.number(),
		/** Tokens the model was trained for, as the header says. */
		trainedContextWindow: z.number(),
		fimOrder: FimOrder,
		/** What it is for: as its maker declared it, or as what the file holds lets it be. */
		roles: z.readonly(z.array(Role)),
	}),
);
export type ModelDescription = z.infer<typeof ModelDescription>;
