/** Widened models generate exactly the tokens of the small one, so that benchmarks on them measure cost alone. */

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { nullLog } from "../../src/base/log.ts";
import { createLlamaRuntime } from "../../src/engine/runtime/llamaRuntime.ts";
import type {
	LoadedModel,
	Runtime,
	Token,
} from "../../src/engine/runtime/runtime.ts";
import { readModelFile } from "../../src/models/header/modelFile.ts";
import { Disposals, disposeBounded } from "../support/models/disposals.ts";
import { builtInModel } from "../support/models/realEngine.ts";
import { widenModel, wideShapes } from "../support/models/widenedModel.ts";

const sample = (name: string) =>
	readFileSync(
		path.resolve(import.meta.dirname, "../support/sampleWorkspace", name),
		"utf8",
	);

const prompts = [
	sample("shapes.ts"),
	sample("greet.py"),
	"export function last<T>(list: readonly T[]): T | undefined {\n\treturn ",
];

interface Spoken {
	/** The predicted successor of each token of the prompt, in one batch. */
	readonly next: readonly Token[];
	/** The continuation of the prompt, token by token. */
	readonly text: readonly Token[];
}

describe("a widened model", () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-widened-"));
	const disposals = new Disposals();
	let runtime: Runtime;
	let small: readonly Spoken[];

	before(async () => {
		const created = await createLlamaRuntime({
			gpu: "off",
			threads: null,
			log: nullLog,
		});
		assert.ok(created.ok, JSON.stringify(created));
		runtime = disposals.add(created.value);
		small = await speak(builtInModel, 40);
	});
	after(async () => {
		await disposals.dispose();
		rmSync(folder, { recursive: true });
	});

	/** The next `length` tokens of each prompt. */
	async function speak(
		file: string,
		length: number,
	): Promise<readonly Spoken[]> {
		const described = readModelFile(file);
		assert.ok(described.ok, JSON.stringify(described));
		const model = await runtime.loadModel({
			description: described.value.description,
			mapsFile: true,
			onProgress: () => {},
		});
		assert.ok(model.ok, JSON.stringify(model));
		try {
			return await speakWith(model.value, length);
		} finally {
			await disposeBounded(model.value);
		}
	}

	for (const [name, length] of [
		["0.5B", 40],
		["1.5B", 16],
	] as const)
		it(`of ${name} gives the same tokens as the small one`, async () => {
			const file = path.join(folder, `${name}.gguf`);
			widenModel(builtInModel, file, wideShapes[name]);
			const wide = await speak(file, length);
			rmSync(file);
			assert.deepEqual(
				wide,
				small.map(({ next, text }) => ({ next, text: text.slice(0, length) })),
			);
		});
});

async function speakWith(
	model: LoadedModel,
	length: number,
): Promise<readonly Spoken[]> {
	const sequences = await model.createSequences({
		count: 1,
		contextWindow: 512,
		batchTokens: 128,
		kvType: "f16",
	});
	assert.ok(sequences.ok, JSON.stringify(sequences));
	const [sequence] = sequences.value.all;
	assert.ok(sequence);
	const spoken: Spoken[] = [];
	for (const prompt of prompts) {
		const tokens = model.tokenize(prompt);
		const next = await sequence.evaluate(tokens, tokens.length);
		const text = next.slice(-1);
		while (text.length < length)
			text.push(...(await sequence.evaluate(text.slice(-1), 1)));
		spoken.push({ next, text });
		await sequence.truncate(0);
	}
	await disposeBounded(sequences.value);
	return spoken;
}
