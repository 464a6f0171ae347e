/** The input of a plan: a model, its placement, and how it is evaluated. */

import type { Placement } from "../machine/devices.ts";
import type { ModelShape } from "../shape/modelShape.ts";
import type { ContextOptions } from "./modelCost.ts";

export interface NamedModel {
	readonly name: string;
	/** The common name, such as Q4_K_M. */
	readonly quantization: string;
	readonly shape: ModelShape;
}

export interface PlanRequest extends ContextOptions {
	readonly model: NamedModel;
	readonly draft?: NamedModel;
	/** Tokens of the chat context beside the one for completion, on the same weights. Default: no chat context. */
	readonly chatWindow?: number;
	/** Whether several tokens are verified at once, for drafts of any source. */
	readonly verifies?: boolean;
	readonly placement: Placement;
	/**
	 * Number of units on the GPUs, counting layers and the head as one more: the last ones, as in llama.cpp. Default: all. The others are
	 * read from slower memory for every token.
	 */
	readonly offloadedLayers?: number;
	/** What the last load of this kind took above or below its plan. */
	readonly correction?: Correction;
}

/** In bytes. */
export interface Correction {
	/** Sum over all GPUs. */
	readonly gpu: number;
	readonly host: number;
}

/**
 * Maximum number of tokens verified at once, including the one before the draft. From 64 on, llama.cpp's attention on a CPU uses
 * another kernel with other rounding, which changes one token in a hundred; and each token beyond 32 was measured to cost more than
 * the ones before. They fit into one batch, whose compute buffer has the logits of every token anyway. The output buffer does not:
 * llama.cpp allocates it for one token per sequence, grows it on first demand, and never shrinks it (`llama_context::output_reserve`).
 */
export const maxVerifiedTokens = 32;
