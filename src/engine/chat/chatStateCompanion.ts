/** The file beside a KV snapshot on disk. */

import * as z from "zod/mini";

export const ChatStateCompanion = z.object({
	version: z.literal(1),
	/** Identifies model, context and build of llama.cpp. */
	key: z.string(),
	/** The hash of the snapshot. */
	sha256: z.string(),
	/** Answers and the tokens that the model generated for them. */
	answers: z.array(
		z.tuple([z.string(), z.array(z.int().check(z.nonnegative()))]),
	),
});
export type ChatStateCompanion = z.infer<typeof ChatStateCompanion>;
