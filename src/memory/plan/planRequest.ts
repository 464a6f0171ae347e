/** What a plan is made for: a model, where it is placed, and how it is evaluated. */

import type { Placement } from "../machine/devices.ts";
import type { ModelShape } from "../shape/modelShape.ts";
import type { ContextOptions } from "./modelCost.ts";

export interface NamedModel {
	readonly name: string;
	/** As people call it, such as Q4_K_M. */
	readonly quantization: string;
	readonly shape: ModelShape;
}

export interface PlanRequest extends ContextOptions {
	readonly model: NamedModel;
	readonly draft?: NamedModel;
	/** Tokens of a context for conversations beside the one for completion, on the same weights; none unless said. */
	readonly chatWindow?: number;
	/** Whether several tokens are verified at once, as drafts of any source are. */
	readonly verifies?: boolean;
	readonly placement: Placement;
	/**
	 * How many of the layers, and the head as one more, are on the GPUs: the last ones, as in llama.cpp. All unless said: anything less reads
	 * the rest from slower memory with every token.
	 */
	readonly offloadedLayers?: number;
	/** What such a load took more, or less, than was planned when it was last seen. */
	readonly correction?: Correction;
}

/** In bytes. */
export interface Correction {
	/** Of all GPUs together. */
	readonly gpu: number;
	readonly host: number;
}

/**
 * Tokens that are verified at once at most, the one before the draft among them. From 64 on, llama.cpp's attention on a CPU takes a kernel that rounds
 * otherwise, and one in a hundred tokens would be another than without a draft; and measured there, each token beyond 32 costs more than those before. They fit
 * into one batch, for which the compute buffer has the logits of every token anyway. The output buffer has not: llama.cpp makes it for one token of each
 * sequence, lets it grow when more are first asked for, and never gives that back (`llama_context::output_reserve`).
 */
export const maxVerifiedTokens = 32;
