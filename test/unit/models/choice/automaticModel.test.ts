import assert from "node:assert/strict";
import { nullLog, RecentLog } from "../../../../src/base/log.ts";
import { failure, success } from "../../../../src/base/result.ts";
import {
	AutomaticModel,
	type AutomaticModelOptions,
} from "../../../../src/models/choice/automaticModel.ts";
import type { ListedModel } from "../../../../src/models/library/modelLibrary.ts";
import type { Device } from "../../../../src/protocol/device.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import {
	brokenModel,
	listedModel,
} from "../../../support/models/listedModels.ts";

const gib = 2 ** 30;
const card: Device = {
	id: "cuda0",
	name: "NVIDIA GeForce RTX 4060",
	kind: "discrete",
	totalBytes: 8 * gib,
	freeBytes: 7.4 * gib,
};
const ram: Device = {
	id: "cpu",
	name: "RAM",
	kind: "cpu",
	totalBytes: 32 * gib,
	freeBytes: 24 * gib,
};
const builtInFile = "/extension/media/models/built-in.gguf";
const three = listedModel("three-coder", "Qwen2.5-Coder-3B");
const seven = listedModel("seven-coder", "Qwen2.5-Coder-7B");
const large = listedModel("large-coder", "Qwen2.5-Coder-14B");
const chat = listedModel("instruct", "Qwen2.5-Coder-7B", "Q4_K_M", {
	hasChatTemplate: true,
});
const shippedDraft: ListedModel = {
	...three,
	file: "/extension/media/models/draft.gguf",
};

function setUp(
	models: readonly ListedModel[],
	more: Partial<AutomaticModelOptions> = {},
) {
	const recent = new RecentLog(nullLog);
	const asked: string[] = [];
	const automatic = new AutomaticModel({
		list: async () => {
			asked.push("list");
			return models;
		},
		devices: async () => {
			asked.push("devices");
			return success([card, ram]);
		},
		benchmarks: async () => [],
		builtInFile,
		log: recent.log,
		timeLimit: () => new AbortController().signal,
		...more,
	});
	return { automatic, asked, log: () => recent.lines().join("\n") };
}

describe("AutomaticModel", () => {
	for (const [tokensPerSecond, expected] of [
		[11, three.file],
		[null, seven.file],
		[60, seven.file],
	] as const)
		it(`takes the benchmark's word for it: ${tokensPerSecond} tokens per second`, async () => {
			const { automatic } = setUp([three, seven], {
				benchmarks: async () => [
					{
						file: seven.file,
						name: "seven",
						measuredAt: "2026-01-01T00:00:00Z",
						cases: 12,
						exactMatches: 6,
						timeToFirstLineMs: 900,
						tokensPerSecond,
						memoryBytes: null,
					},
				],
			});
			assert.equal(await automatic.choose(), expected);
		});

	for (const [what, models, expected] of [
		["takes the largest that fits", [three, large, seven], seven.file],
		["takes the built-in model where none fits", [large], builtInFile],
		["takes no chat model unasked", [chat, three], three.file],
		["passes over what is broken", [brokenModel("x"), three], three.file],
	] as const)
		it(what, async () => {
			const { automatic, log } = setUp(models);
			assert.equal(await automatic.chooseInTime(), expected);
			assert.match(log(), / chose /);
		});

	it("does not query devices where there is nothing to choose from", async () => {
		const { automatic, asked } = setUp([shippedDraft]);
		assert.equal(await automatic.chooseInTime(), builtInFile);
		assert.deepEqual(asked, ["list"]);
	});

	it("chooses once, until it is to forget that", async () => {
		const { automatic, asked } = setUp([three]);
		await automatic.chooseInTime();
		await automatic.choose();
		assert.deepEqual(asked, ["list", "devices"]);
		automatic.forget();
		assert.equal(await automatic.choose(), three.file);
		assert.equal(asked.length, 4);
	});

	it("takes the built-in model where the choice takes too long, and the choice the next time", async () => {
		let answer = (_: readonly ListedModel[]): void => {};
		const models = new Promise<readonly ListedModel[]>((resolve) => {
			answer = resolve;
		});
		const limit = new AbortController();
		const { automatic, log } = setUp([], {
			list: () => models,
			timeLimit: () => limit.signal,
		});
		const first = automatic.chooseInTime();
		limit.abort();
		assert.equal(await first, builtInFile);
		assert.match(log(), /takes too long/);
		answer([three]);
		assert.equal(await automatic.choose(), three.file);
	});

	it("takes the built-in model where the devices are not known, and says why", async () => {
		const { automatic, log } = setUp([three], {
			devices: async () =>
				failure(createError("devicesUnknown", { why: "no answer" })),
		});
		assert.equal(await automatic.choose(), builtInFile);
		assert.match(log(), /chose the built-in model: .*no answer/);
	});

	it("chooses another model when one could not be loaded", async () => {
		const { automatic } = setUp([three, seven]);
		assert.equal(await automatic.choose(), seven.file);
		assert.ok(!automatic.avoid(three.file), "it was not the choice");
		assert.ok(automatic.avoid(seven.file));
		assert.equal(await automatic.choose(), three.file);
		assert.ok(automatic.avoid(three.file));
		assert.equal(await automatic.choose(), builtInFile);
		assert.ok(!automatic.avoid(builtInFile), "there is no other");
	});
});
