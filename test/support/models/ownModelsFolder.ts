/** For tests of downloads and imports: model files, invariants of the folder that they end up in, and a disk that fills up. */

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { readModelFile } from "../../../src/models/header/modelFile.ts";
import type { Sink } from "../../../src/storage/disk.ts";
import { seededRandom } from "../seededRandom.ts";
import { writeGguf } from "./ggufWriter.ts";

/** A model file of about `kilobytes` with random weights, so that every chunk differs. The same for the same seed. */
export function randomModelBytes(seed: number, kilobytes = 256): Buffer {
	const random = seededRandom(seed);
	const width = 64;
	const rows = kilobytes * 4;
	const weights = Uint32Array.from(
		{ length: width * rows },
		() => random() * 2 ** 32,
	);
	const number = (value: number) => ({ type: "uint32", value }) as const;
	return writeGguf({
		metadata: {
			"general.architecture": { type: "string", value: "llama" },
			"llama.block_count": number(1),
			"llama.context_length": number(4096),
			"llama.embedding_length": number(width),
		},
		tensors: [
			{
				name: "token_embd.weight",
				shape: [width, rows],
				typeId: 0,
				offsetBytes: 0,
			},
		],
		data: Buffer.from(weights.buffer),
	});
}

/** Every file named like a model is one, and no lock or temporary file is left. */
export function assertOrderly(folder: string): void {
	for (const name of readdirSync(folder)) {
		if (name.endsWith(".gguf"))
			assert.ok(readModelFile(path.join(folder, name)).ok, `${name} reads`);
		assert.doesNotMatch(name, /\.(lock|tmp)$/);
	}
}

/** A disk with so many bytes left. */
export function fullAfter(sink: Sink, room: number): Sink {
	let left = room;
	return {
		async write(bytes) {
			if (left === 0)
				throw Object.assign(new Error("ENOSPC: no space left on device"), {
					code: "ENOSPC",
				});
			const { bytesWritten } = await sink.write(bytes.subarray(0, left));
			left -= bytesWritten;
			return { bytesWritten };
		},
		sync: () => sink.sync(),
		close: () => sink.close(),
	};
}
