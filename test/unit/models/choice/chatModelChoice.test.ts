import assert from "node:assert/strict";
import { nullLog } from "../../../../src/base/log.ts";
import { failure, success } from "../../../../src/base/result.ts";
import { AutomaticChatModel } from "../../../../src/models/choice/automaticChatModel.ts";
import { chooseChatModel } from "../../../../src/models/choice/chatModelChoice.ts";
import type { ListedModel } from "../../../../src/models/library/modelLibrary.ts";
import type { Device } from "../../../../src/protocol/device.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import { listedModel } from "../../../support/models/listedModels.ts";

const gib = 2 ** 30;
const card = (freeGib: number): Device => ({
	id: "cuda0",
	name: "RTX 9999",
	kind: "discrete",
	totalBytes: 24 * gib,
	freeBytes: freeGib * gib,
	bandwidthBytesPerSecond: 500e9,
});
const ram: Device = {
	id: "cpu",
	name: "RAM",
	kind: "cpu",
	totalBytes: 32 * gib,
	freeBytes: 24 * gib,
};
const chats = { hasChatTemplate: true };
/** Base models: for completion alone. */
const base3 = listedModel("three-coder", "Qwen2.5-Coder-3B");
/** Instruct models: for both. */
const both3 = listedModel(
	"three-coder-instruct",
	"Qwen2.5-Coder-3B",
	"Q4_K_M",
	chats,
);
const both7 = listedModel(
	"seven-coder-instruct",
	"Qwen2.5-Coder-7B",
	"Q4_K_M",
	chats,
);
const both14 = listedModel(
	"fourteen-coder-instruct",
	"Qwen2.5-Coder-14B",
	"Q4_K_M",
	chats,
);

describe("the automatic model for chat", () => {
	const cases: readonly (readonly [
		what: string,
		models: readonly ListedModel[],
		completion: ListedModel,
		freeGib: number,
		expected: readonly [ListedModel, "same" | "beside" | "inTurn"],
	])[] = [
		[
			"a larger one beside a base model",
			[base3, both7],
			base3,
			20,
			[both7, "beside"],
		],
		[
			"the largest that fits beside",
			[base3, both7, both14],
			base3,
			20,
			[both14, "beside"],
		],
		[
			"a smaller one where the largest does not fit beside",
			[base3, both7, both14],
			base3,
			10,
			[both7, "beside"],
		],
		[
			"the model for completion, which chats as well",
			[both7, both3],
			both7,
			20,
			[both7, "same"],
		],
		[
			"a larger one than that for completion",
			[both3, both14],
			both3,
			20,
			[both14, "beside"],
		],
		[
			"the model for completion where nothing fits beside it",
			[both7, both14],
			both7,
			8,
			[both7, "same"],
		],
		[
			"one in turn where the other cannot chat",
			[base3, both7],
			base3,
			6,
			[both7, "inTurn"],
		],
		["nothing else where none can chat", [base3], base3, 20, [base3, "same"]],
	];
	for (const [what, models, completion, freeGib, [model, how]] of cases)
		it(`is ${what}`, () => {
			assert.deepEqual(
				chooseChatModel({
					models,
					completionFile: completion.file,
					devices: [card(freeGib), { ...ram, freeBytes: 4 * gib }],
				}),
				{ file: model.file, how },
			);
		});

	function setUp(models: readonly ListedModel[]) {
		let described = 0;
		const automatic = new AutomaticChatModel({
			list: async () => models,
			devices: async () => {
				described++;
				return success([card(20), ram]);
			},
			builtInFile: "/extension/built-in.gguf",
			log: nullLog,
			timeLimit: () => new AbortController().signal,
		});
		return { automatic, described: () => described };
	}

	it("is chosen once for each model for completion", async () => {
		const it = setUp([base3, both7]);
		for (let i = 0; i < 2; i++)
			assert.equal(await it.automatic.fileInTimeFor(base3.file), both7.file);
		assert.equal(await it.automatic.fileInTimeFor(both7.file), both7.file);
		it.automatic.forget();
		assert.equal(await it.automatic.fileInTimeFor(base3.file), both7.file);
		assert.equal(it.described(), 2);
	});

	it("wakes up no GPU where there is nothing to choose", async () => {
		const it = setUp([base3]);
		assert.equal(await it.automatic.fileInTimeFor(base3.file), base3.file);
		assert.equal(it.described(), 0);
	});

	it("is that for completion where the devices are unknown or slow to tell", async () => {
		const options = {
			list: async () => [base3, both7],
			builtInFile: "/extension/built-in.gguf",
			log: nullLog,
		};
		const unknown = new AutomaticChatModel({
			...options,
			devices: async () =>
				failure(createError("devicesUnknown", { why: "no driver" })),
		});
		assert.equal(await unknown.fileInTimeFor(base3.file), base3.file);
		const slow = new AutomaticChatModel({
			...options,
			devices: () => new Promise(() => {}),
			timeLimit: () => AbortSignal.abort(),
		});
		assert.equal(await slow.fileInTimeFor(base3.file), base3.file);
	});
});
