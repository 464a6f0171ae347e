/** Texts that an answer may repeat: files that are, or were recently, open. */

import * as z from "zod/mini";

/** Each is searched for every draft; few people have more files open. */
export const maxReferences = 16;
/** About 1,500 lines. Every change sends the text again, so it must be sent and tokenized within a typing pause. */
export const maxReferenceChars = 64 * 1024;
/** Eight such texts, or about 170,000 tokens: the limit of the engine's index. */
export const maxReferenceCharsInAll = 512 * 1024;

const Reference = z.readonly(
	z.object({
		/** Identifies the file. */
		id: z.string(),
		/** Absent if unchanged since it was last sent. */
		text: z.exactOptional(z.string().check(z.maxLength(maxReferenceChars))),
	}),
);

/** All that there are, the most recent first: what is not among them is forgotten. */
export const References = z.readonly(
	z.array(Reference).check(z.maxLength(maxReferences)),
);
export type References = z.infer<typeof References>;
