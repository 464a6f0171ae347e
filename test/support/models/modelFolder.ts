/** Small model files with bytes that differ everywhere, and what must hold of a folder of models at any time. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import path from "node:path";
import { readModelFile } from "../../../src/models/header/modelFile.ts";
import type { Sink } from "../../../src/storage/disk.ts";
import { seededRandom } from "../seededRandom.ts";
import { writeGguf } from "./ggufWriter.ts";

/** A file that reads as a model, of about `kilobytes`; the same for the same seed. */
export function modelBytes(seed: number, kilobytes = 256): Buffer {
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

export function sha256(bytes: Uint8Array): string {
	return createHash("sha256").update(bytes).digest("hex");
}

/** Whatever bears the name of a model is one, and nobody holds a lock. */
export function assertOrderly(folder: string): void {
	for (const name of readdirSync(folder)) {
		if (name.endsWith(".gguf"))
			assert.ok(readModelFile(path.join(folder, name)).ok, `${name} reads`);
		assert.doesNotMatch(name, /\.(lock|tmp)$/);
	}
}

/** A disk that takes so many bytes more. */
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
