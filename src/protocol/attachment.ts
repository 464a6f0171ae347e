/** Context that is attached to a question. */

import * as z from "zod/mini";

export const AttachmentKind = z.enum([
	"selection",
	"file",
	"folder",
	"symbol",
	"problems",
	"changes",
]);
export type AttachmentKind = z.infer<typeof AttachmentKind>;

/** Stored as it was sent, so that the prompt stays the same when the file changes. */
export const Attachment = z.readonly(
	z.object({
		kind: AttachmentKind,
		/** For the user and the model, such as a path with lines. */
		label: z.string(),
		/** Relative to the workspace, with forward slashes; null if it is of no single file. */
		path: z.nullable(z.string()),
		/** The editor's; may be empty. */
		languageId: z.string(),
		text: z.string(),
	}),
);
export type Attachment = z.infer<typeof Attachment>;
