/** How the context for completions is divided. */

/**
 * Tokens per call of llama.cpp, between two checks of the abort signal. The logits buffer grows with it (300 MiB at 512 tokens of a
 * vocabulary of 152,000); against 256, prefill is 3 to 6 % slower.
 */
export const batchTokens = 128;

/** How many files keep their evaluated prompt when the user switches between them. Each costs a KV cache. */
export const sequenceCount = 3;
