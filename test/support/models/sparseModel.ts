/** Model files of any size that take no room on the disk: they are priced, and too large or too empty to be run. */

import { truncateSync, writeFileSync } from "node:fs";
import { writeGguf } from "./ggufWriter.ts";

/** One square F16 matrix for each layer, `width` wide. */
export function writeSparseModel(
	file: string,
	{ layers, width }: { readonly layers: number; readonly width: number },
): void {
	const number = (value: number) => ({ type: "uint32", value }) as const;
	const vocabulary = 64;
	const embeddingBytes = width * vocabulary * 2;
	const layerBytes = width * width * 2;
	const header = writeGguf({
		metadata: {
			"general.architecture": { type: "string", value: "llama" },
			"llama.block_count": number(layers),
			"llama.context_length": number(4096),
			"llama.embedding_length": number(width),
			"llama.feed_forward_length": number(width),
			"llama.attention.head_count": number(64),
		},
		tensors: [
			{
				name: "token_embd.weight",
				shape: [width, vocabulary],
				typeId: 1,
				offsetBytes: 0,
			},
			...Array.from({ length: layers }, (_, layer) => ({
				name: `blk.${layer}.ffn_up.weight`,
				shape: [width, width],
				typeId: 1,
				offsetBytes: embeddingBytes + layer * layerBytes,
			})),
		],
	});
	writeFileSync(file, header);
	truncateSync(file, header.length + embeddingBytes + layers * layerBytes);
}
