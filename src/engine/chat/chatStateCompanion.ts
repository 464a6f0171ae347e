/** What stands beside the state of a conversation on disk. */

import * as z from "zod/mini";

export const ChatStateCompanion = z.object({
	version: z.literal(1),
	/** Of the model, its context and the build of llama.cpp. */
	key: z.string(),
	/** Of the state. */
	sha256: z.string(),
	/** Answers with the tokens that the model chose for them. */
	answers: z.array(
		z.tuple([z.string(), z.array(z.int().check(z.nonnegative()))]),
	),
});
export type ChatStateCompanion = z.infer<typeof ChatStateCompanion>;
