/** Texts that an answer may repeat: the files that are open, or were a moment ago. */

import * as z from "zod/mini";

/** More open files than most people have, and each is looked through for every draft. */
export const maxReferences = 16;
/** Some 1,500 lines. Every change sends the text again, so it must cross the channel and be tokenized within a pause. */
export const maxReferenceChars = 64 * 1024;
/** Eight such texts, or some 170,000 tokens: what the engine has room for. */
export const maxReferenceCharsInAll = 512 * 1024;

const Reference = z.readonly(
	z.object({
		/** The same as long as it is the same file. */
		id: z.string(),
		/** Left out where the engine has it already. */
		text: z.exactOptional(z.string().check(z.maxLength(maxReferenceChars))),
	}),
);

/** All that there are, the most recent first: what is not among them is forgotten. */
export const References = z.readonly(
	z.array(Reference).check(z.maxLength(maxReferences)),
);
export type References = z.infer<typeof References>;
