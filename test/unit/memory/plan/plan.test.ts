import assert from "node:assert/strict";
import path from "node:path";
import { english } from "../../../../src/base/sentence.ts";
import {
	missingBytes,
	modelBytes,
	partialOffload,
	planFor,
} from "../../../../src/memory/plan/plan.ts";
import type {
	NamedModel,
	PlanRequest,
} from "../../../../src/memory/plan/planRequest.ts";
import {
	memoryText,
	refusalText,
} from "../../../../src/memory/report/planText.ts";
import { shapeInMix } from "../../../../src/memory/shape/quantization.ts";
import { readModelFile } from "../../../../src/models/header/modelFile.ts";
import type { Device, Repacking } from "../../../../src/protocol/device.ts";
import { memoryParts } from "../../../../src/protocol/memoryReason.ts";
import { publishedModels } from "../../../support/models/publishedModels.ts";
import { builtInModel } from "../../../support/models/realEngine.ts";

const gib = 2 ** 30;
const mib = 2 ** 20;

const gpu = (id: string, freeGib: number): Device => ({
	id,
	name: "NVIDIA GeForce RTX 3090",
	kind: "discrete",
	totalBytes: 24 * gib,
	freeBytes: freeGib * gib,
});
const ram: Device = {
	id: "cpu",
	name: "RAM",
	kind: "cpu",
	totalBytes: 64 * gib,
	freeBytes: 48 * gib,
};
const qwen7b: NamedModel = {
	name: "Qwen2.5-Coder-7B",
	quantization: "Q4_K_M",
	shape: shapeInMix(publishedModels["Qwen2.5-Coder-7B"], "Q4_K_M"),
};
const qwen05b: NamedModel = {
	name: "Qwen2.5-Coder-0.5B",
	quantization: "Q8_0",
	shape: shapeInMix(publishedModels["Qwen2.5-Coder-0.5B"], "Q8_0"),
};
const request: PlanRequest = {
	model: qwen7b,
	placement: { gpus: [gpu("0", 20)], host: ram },
	contextWindow: 4096,
	sequences: 1,
	batchTokens: 512,
	kvType: "f16",
};
const weightsBytes = (it: NamedModel): number =>
	it.shape.head.bytes +
	it.shape.layers.reduce((sum, { weights }) => sum + weights.bytes, 0);

describe("planFor", () => {
	it("prices every part on the GPU and in RAM", () => {
		const [onGpu, inRam] = planFor(request).devices;
		assert.ok(onGpu && inRam);
		assert.deepEqual(onGpu.bytes, {
			weights: weightsBytes(qwen7b),
			kvCache: 4096 * 56 * 1024,
			computeBuffer: 512 * 4 * (152_064 + 3584) + 512 * (3584 * 4 + 4096 * 2),
			outputBuffer: 0,
			correction: 0,
			draft: 0,
			runtime: 457 * mib,
			margin: gib,
		});
		assert.deepEqual(inRam.bytes, {
			weights: qwen7b.shape.input.bytes,
			kvCache: 0,
			computeBuffer: 512 * (3584 * 4 + 4096 * 2),
			outputBuffer: 152_064 * 4,
			correction: 0,
			draft: 0,
			runtime: 200 * mib,
			margin: 2 * gib,
		});
		for (const { bytes, neededBytes } of [onGpu, inRam])
			assert.equal(
				neededBytes,
				memoryParts.reduce((sum, part) => sum + bytes[part], 0),
			);
	});

	it("prices a draft with weights, cache and buffers of its own: 0.9 GiB at 8k", () => {
		const plan = planFor({ ...request, contextWindow: 8192, draft: qwen05b });
		const bytes = plan.devices[0]?.bytes.draft ?? 0;
		assert.ok(Math.abs(bytes / gib - 0.9) < 0.05, `${bytes / gib}`);
	});

	describe("with a chat context", () => {
		const completing = {
			...request,
			contextWindow: 3200,
			sequences: 3,
			batchTokens: 128,
		} as const;
		for (const [where, placement] of [
			["a GPU", { gpus: [gpu("0", 20)], host: ram }],
			["the CPU", { gpus: [], host: ram }],
		] as const)
			for (const draft of [undefined, qwen05b])
				for (const chatWindow of [4096, 16_384])
					it(`has KV cache and buffers twice and weights once: ${chatWindow} tokens on ${where}${draft ? " with a draft" : ""}`, () => {
						const own = { ...completing, placement, ...(draft && { draft }) };
						const both = planFor({ ...own, chatWindow });
						const one = planFor(own);
						const chat = planFor({
							...own,
							contextWindow: chatWindow,
							sequences: 1,
						});
						for (const [index, { bytes }] of both.holders.entries()) {
							const a = one.holders[index]?.bytes;
							const b = chat.holders[index]?.bytes;
							assert.ok(a && b);
							for (const part of [
								"kvCache",
								"computeBuffer",
								"outputBuffer",
							] as const)
								assert.equal(bytes[part], a[part] + b[part], part);
							assert.equal(bytes.weights, a.weights);
							assert.ok(bytes.draft <= a.draft + b.draft);
							assert.equal(bytes.draft > a.draft, a.draft > 0);
						}
						const added = both.devices.map(
							(it, index) =>
								it.bytes.margin - (one.devices[index]?.bytes.margin ?? 0),
						);
						assert.ok(
							added.every((it) => it === 0),
							"margins are no twice",
						);
					});

		it("has its cells in the KV cache, and nothing else of that part", () => {
			const cells = (chatWindow?: number) =>
				planFor({ ...completing, ...(chatWindow && { chatWindow }) }).devices[0]
					?.bytes.kvCache ?? 0;
			assert.equal(cells(8192) - cells(), 8192 * 56 * 1024);
		});
	});

	describe("with a draft", () => {
		const shippedModel = (name: string): NamedModel => {
			const file = path.join(path.dirname(builtInModel), name);
			const read = readModelFile(file);
			assert.ok(read.ok && read.value.shape.ok);
			return { name, quantization: "Q8_0", shape: read.value.shape.value };
		};
		const onGpu = { gpus: [gpu("0", 20)], host: ram };
		const onCpu = { gpus: [], host: ram };
		const [target, draft] = [
			shippedModel("headroom-7m-q8_0.gguf"),
			shippedModel("headroom-draft-1.6m-q8_0.gguf"),
		];
		const engine = { sequences: 3, batchTokens: 128, kvType: "f16" } as const;

		for (const [what, pair, contextWindow] of [
			["7B and 0.5B", { model: qwen7b, draft: qwen05b }, 3200],
			["the two that are shipped", { model: target, draft }, 768],
		] as const)
			for (const [where, placement] of [
				["a GPU", onGpu],
				["the CPU", onCpu],
			] as const)
				it(`each takes what it would alone, but for what is verified: ${what} on ${where}`, () => {
					const shared = { ...engine, placement, contextWindow };
					const plan = planFor({ ...shared, ...pair, verifies: true });
					const alone = planFor({ ...shared, model: pair.model });
					const draftAlone = planFor({ ...shared, model: pair.draft });
					for (const [index, { device, bytes }] of plan.holders.entries()) {
						const it = alone.holders[index]?.bytes;
						const other = draftAlone.holders[index]?.bytes;
						assert.ok(it && other);
						const { weights, kvCache, computeBuffer, outputBuffer } = other;
						const { vocabularySize } = pair.model.shape;
						assert.deepEqual(bytes, {
							...it,
							outputBuffer: device === ram ? 32 * vocabularySize * 4 : 0,
							draft: weights + kvCache + computeBuffer + outputBuffer,
						});
						assert.equal(
							outputBuffer,
							device === ram ? 3 * pair.draft.shape.vocabularySize * 4 : 0,
							"one row for each sequence",
						);
					}
				});

		it("has a KV cache of the draft for each sequence of the target", () => {
			const bytes = (sequences: number) =>
				planFor({
					...request,
					...engine,
					draft: qwen05b,
					sequences,
					contextWindow: 3200,
				}).devices[0]?.bytes.draft ?? 0;
			// 12 KiB for each token, in cells that are padded to 256.
			assert.equal(bytes(3) - bytes(2), 3328 * 12 * 1024);
		});
	});

	it("distributes layers over GPUs by free memory, each with its own buffers", () => {
		const gpus = [gpu("0", 15), gpu("1", 5)];
		const plan = planFor({ ...request, placement: { gpus, host: ram } });
		const [first, second] = plan.devices;
		assert.ok(first && second);
		// 28 layers and the head, of which those before 3/4 go to the first: layers 0 to 21.
		assert.equal(first.bytes.kvCache, (22 / 28) * 4096 * 56 * 1024);
		assert.equal(second.bytes.kvCache, (6 / 28) * 4096 * 56 * 1024);
		assert.ok(second.bytes.weights > qwen7b.shape.head.bytes);
		assert.equal(
			first.bytes.weights + second.bytes.weights,
			weightsBytes(qwen7b),
		);
		// The last one has the logits of a batch besides.
		assert.ok(first.bytes.computeBuffer < second.bytes.computeBuffer);
		assert.deepEqual(
			[first.bytes.runtime, second.bytes.runtime],
			[457 * mib, 457 * mib],
		);
		const alone = planFor(request);
		assert.ok(
			second.bytes.computeBuffer > (alone.devices[0]?.bytes.computeBuffer ?? 0),
		);
		assert.ok(
			Math.abs(
				plan.atEmptyWindow.tokensPerSecond /
					alone.atEmptyWindow.tokensPerSecond -
					1,
			) < 1e-9,
			"two cards are no faster than one",
		);
	});

	it("counts an integrated GPU with the RAM, as one memory", () => {
		const integrated: Device = {
			...ram,
			id: "igpu",
			kind: "integrated",
			totalBytes: gib,
			freeBytes: gib,
		};
		const plan = planFor({
			...request,
			placement: { gpus: [integrated], host: ram },
		});
		assert.deepEqual(
			plan.devices.map(({ device }) => device.id),
			["cpu"],
		);
		const [only] = plan.devices;
		assert.equal(
			only?.bytes.weights,
			weightsBytes(qwen7b) + qwen7b.shape.input.bytes,
		);
		assert.equal(only?.bytes.runtime, 657 * mib);
		assert.equal(plan.fits, true);
		const limited = planFor({
			...request,
			placement: {
				gpus: [{ ...integrated, workingSetBytes: gib }],
				host: ram,
			},
		});
		assert.deepEqual(limited.devices[0], only);
		assert.equal(modelBytes(limited), modelBytes(plan), "counted once");
		assert.equal(limited.devices[1]?.bytes.weights, weightsBytes(qwen7b));
		assert.equal(limited.fits, false, "the driver's own limit is kept too");
	});

	it("has unified memory once, as GPU and host", () => {
		const unified: Device = {
			...ram,
			id: "m",
			name: "Apple M2 Max",
			kind: "unified",
		};
		const plan = planFor({
			...request,
			placement: { gpus: [unified], host: unified },
		});
		assert.equal(plan.devices.length, 1);
		assert.equal(
			plan.devices[0]?.bytes.weights,
			weightsBytes(qwen7b) + qwen7b.shape.input.bytes,
		);
		assert.equal(plan.devices[0]?.bytes.runtime, 512 * mib);
	});

	it("reads a file that a CPU repacks, and then holds it once", () => {
		const onCpu = (repacking: Repacking) =>
			planFor({
				...request,
				placement: { gpus: [], host: { ...ram, repacking } },
			});
		const once = weightsBytes(qwen7b) + qwen7b.shape.input.bytes;
		assert.equal(onCpu("none").mapsFile, true);
		assert.equal(onCpu("none").devices[0]?.bytes.weights, once);
		assert.equal(onCpu("x86").mapsFile, false);
		assert.equal(onCpu("x86").devices[0]?.bytes.weights, once);
		// Sums beside the blocks of Q4_K.
		const ratio = (onCpu("amx").devices[0]?.bytes.weights ?? 0) / once;
		assert.ok(ratio > 1 && ratio < 1.03, `${ratio}`);
	});

	it("leaves a head on the CPU if the GPU does not accept it, and says so", () => {
		const small = { ...gpu("0", 20), largestTensorBytes: 128 * mib };
		const plan = planFor({
			...request,
			placement: { gpus: [small], host: ram },
		});
		assert.equal(plan.fits, true);
		assert.equal(plan.isWhole, false);
		assert.deepEqual(
			plan.obstacles.map((it) => it.of),
			["head"],
		);
		assert.equal(
			plan.devices[0]?.bytes.weights,
			weightsBytes(qwen7b) - qwen7b.shape.head.bytes,
		);
		assert.equal(
			plan.devices[1]?.bytes.weights,
			qwen7b.shape.input.bytes + qwen7b.shape.head.bytes,
		);
	});

	it("refuses a KV cache whose tensors the GPU does not accept", () => {
		const small = { ...gpu("0", 20), largestTensorBytes: 2 ** 29 };
		const at = (contextWindow: number) =>
			planFor({
				...request,
				contextWindow,
				sequences: 128,
				placement: { gpus: [small], host: ram },
			});
		assert.deepEqual(at(4096).obstacles, []);
		const [obstacle] = at(8192).obstacles;
		assert.equal(obstacle?.of, "kvCache");
		assert.equal(obstacle.tensorBytes, 128 * 8192 * 512 * 2);
		assert.equal(at(8192).fits, false);
	});

	it("adds the correction from the last load", () => {
		const correction = { gpu: 300 * mib, host: -10 * mib };
		const [before, after] = [
			planFor(request),
			planFor({ ...request, correction }),
		];
		assert.deepEqual(
			after.devices.map(
				({ neededBytes }, i) =>
					neededBytes - (before.devices[i]?.neededBytes ?? 0),
			),
			[300 * mib, -10 * mib],
		);
		assert.equal(after.devices[0]?.bytes.correction, 300 * mib);
	});
});

describe("a plan that does not fit", () => {
	const tight = { ...request, placement: { gpus: [gpu("0", 5)], host: ram } };

	it("says by how much, and of what", () => {
		const plan = planFor(tight);
		assert.equal(plan.fits, false);
		const [onGpu] = plan.devices;
		assert.ok(onGpu);
		assert.equal(missingBytes(plan), onGpu.neededBytes - 5 * gib);
		assert.equal(
			refusalText(plan, undefined, english),
			"NVIDIA GeForce RTX 3090 needs 6.0 GB: weights 4.1 GB, KV cache 224.0 MB, compute buffers 315.0 MB, runtime 457.0 MB, margin 1.0 GB; free 5.0 GB",
		);
		assert.equal(
			memoryText(onGpu, english),
			refusalText(plan, undefined, english),
		);
	});

	it("says so if only RAM is short", () => {
		const plan = planFor({
			...request,
			placement: { gpus: [gpu("0", 20)], host: { ...ram, freeBytes: gib } },
		});
		assert.equal(plan.fits, false);
		assert.match(refusalText(plan, undefined, english), /^RAM needs /);
	});

	it("fits in part, at a fraction of the speed", () => {
		const partly = partialOffload(tight);
		assert.ok(partly?.fits);
		const layers = partly.request.offloadedLayers ?? 0;
		assert.ok(layers > 10 && layers < 28, `${layers}`);
		const oneMore = planFor({ ...tight, offloadedLayers: layers + 1 });
		assert.equal(oneMore.fits, false, "as many as fit");
		assert.ok(
			partly.atEmptyWindow.tokensPerSecond <
				planFor(tight).atEmptyWindow.tokensPerSecond / 2,
		);
		const [onGpu, inRam] = partly.devices;
		assert.equal(
			(onGpu?.bytes.kvCache ?? 0) + (inRam?.bytes.kvCache ?? 0),
			4096 * 56 * 1024,
		);
	});

	it("does not fit even in part if RAM is short, too", () => {
		assert.equal(
			partialOffload({
				...tight,
				placement: {
					gpus: [gpu("0", 1)],
					host: { ...ram, freeBytes: 3 * gib },
				},
			}),
			undefined,
		);
	});
});
