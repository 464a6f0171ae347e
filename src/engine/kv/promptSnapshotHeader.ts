/** The file beside a KV snapshot of a completion prompt. */

import * as z from "zod/mini";
import { PromptBudget } from "../../protocol/engineStatus.ts";

const count = z.int().check(z.nonnegative());

export const PromptSnapshotHeader = z.readonly(
	z.object({
		version: z.literal(1),
		/** Identifies the version of the model file. */
		modelKey: z.string(),
		/** Identifies model, context and build of llama.cpp. */
		key: z.string(),
		/** With which the prompt was made. */
		budget: PromptBudget,
		/** The hash of the snapshot, and its size. */
		sha256: z.string(),
		bytes: count,
		/** What it holds: the prompt, and some of its answer. */
		tokens: z.readonly(z.array(count)),
		/** Tokens of the prompt from other files. */
		snippetTokens: count,
	}),
);
export type PromptSnapshotHeader = z.infer<typeof PromptSnapshotHeader>;
