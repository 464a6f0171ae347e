import assert from "node:assert/strict";
import { failure, success } from "../../../../src/base/result.ts";
import {
	type ModelRow,
	mayChoose,
	modelRows,
	type RowsRequest,
} from "../../../../src/models/choice/modelRows.ts";
import type { ListedModel } from "../../../../src/models/library/modelLibrary.ts";
import type { Device } from "../../../../src/protocol/device.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import {
	brokenModel,
	listedModel,
	unpricedModel,
} from "../../../support/models/listedModels.ts";

const gib = 2 ** 30;
const ram: Device = {
	id: "cpu",
	name: "RAM",
	kind: "cpu",
	totalBytes: 32 * gib,
	freeBytes: 24 * gib,
};
const card: Device = {
	id: "cuda0",
	name: "NVIDIA GeForce RTX 4060",
	kind: "discrete",
	totalBytes: 8 * gib,
	freeBytes: 7.4 * gib,
};

const builtIn: ListedModel = {
	...listedModel("built-in", "Qwen2.5-Coder-0.5B", "Q4_K_M"),
	file: "/extension/models/built-in.gguf",
};
const shippedDraft: ListedModel = {
	...listedModel("draft", "Qwen2.5-Coder-0.5B", "Q8_0"),
	file: "/extension/models/draft.gguf",
};
const half = listedModel("half-coder", "Qwen2.5-Coder-0.5B", "Q8_0");
const three = listedModel("three-coder", "Qwen2.5-Coder-3B");
const seven = listedModel("seven-coder", "Qwen2.5-Coder-7B");
const sevenChat = listedModel("seven-instruct", "Qwen2.5-Coder-7B", "Q4_K_M", {
	hasChatTemplate: true,
});
const large = listedModel("large-coder", "Qwen2.5-Coder-14B");
const chat = listedModel("chat", "Llama-3-8B", "Q4_K_M", {
	hasChatTemplate: true,
	hasFimTokens: false,
});
const embedding = listedModel("embedding", "Qwen2.5-Coder-0.5B", "Q8_0", {
	hasFimTokens: false,
});
const broken = brokenModel("aaa-broken");
const unpriced = unpricedModel("unpriced");

function rows(
	models: readonly ListedModel[],
	devices: readonly Device[],
	more: Partial<RowsRequest> = {},
): readonly ModelRow[] {
	return modelRows({
		role: "completion",
		models,
		devices: success(devices),
		builtInFile: builtIn.file,
		allowsPartial: false,
		...more,
	});
}

const brief = ({
	model,
	group,
	verdict,
	isDoubtful,
	isPrefixOnly,
}: ModelRow) => {
	const note = isPrefixOnly
		? ", prefix only"
		: isDoubtful && group === "fits"
			? ", doubtful"
			: "";
	return `${model.name}: ${group}, ${verdict.kind}${note}`;
};

describe("modelRows", () => {
	const table: readonly (readonly [
		what: string,
		rows: readonly ModelRow[],
		expected: readonly string[],
	])[] = [
		[
			"on a card: the largest that fits first, what does not fit and what is broken last",
			rows(
				[broken, large, chat, half, seven, embedding, three, builtIn],
				[card, ram],
			),
			[
				"seven-coder: recommended, fits",
				"three-coder: fits, fits",
				"half-coder: fits, fits",
				"built-in: fits, fits",
				"chat: fits, fits, prefix only",
				"large-coder: doesNotFit, doesNotFit",
				"embedding: unusable, otherRole",
				"aaa-broken: unusable, broken",
			],
		],
		[
			"a chat model with the tokens for completion can be chosen, and is not recommended",
			rows([sevenChat, three, builtIn], [card, ram]),
			[
				"three-coder: recommended, fits",
				"seven-instruct: fits, fits, doubtful",
				"built-in: fits, fits",
			],
		],
		[
			"on a CPU: what would answer late is not recommended",
			rows([seven, half, builtIn], [ram]),
			[
				"half-coder: recommended, fits",
				"seven-coder: fits, slow",
				"built-in: fits, fits",
			],
		],
		[
			"the built-in model is recommended where nothing else is, and never refused",
			rows([seven, builtIn], [{ ...ram, freeBytes: gib }]),
			[
				"built-in: recommended, doesNotFit",
				"seven-coder: doesNotFit, doesNotFit",
			],
		],
		[
			"what ships beside it is not recommended in its place",
			rows([shippedDraft, builtIn], [card, ram]),
			["built-in: recommended, fits", "draft: fits, fits"],
		],
		[
			"what cannot be priced can be tried",
			rows([unpriced, builtIn], [ram]),
			["built-in: recommended, fits", "unpriced: fits, unpriced"],
		],
		[
			"for chat, the models that are made for it",
			rows([seven, chat], [card, ram], { role: "chat" }),
			["chat: recommended, fits", "seven-coder: unusable, otherRole"],
		],
	];
	for (const [what, actual, expected] of table)
		it(what, () => assert.deepEqual(actual.map(brief), expected));

	it("prices nothing where the devices are not known, and refuses nothing", () => {
		const error = createError("devicesUnknown", { why: "no driver" });
		const all = rows([seven, builtIn], [], { devices: failure(error) });
		assert.deepEqual(all.map(brief), [
			"built-in: recommended, unpriced",
			"seven-coder: fits, unpriced",
		]);
		const [{ verdict } = assert.fail()] = all;
		assert.deepEqual(verdict.kind === "unpriced" && verdict.why, {
			kind: "devices",
			error,
		});
	});

	it("says what there would be with other settings, and takes it where they allow it", () => {
		const [refused] = rows([large], [card, ram]);
		assert.ok(refused?.verdict.kind === "doesNotFit" && !mayChoose(refused));
		assert.equal(refused.verdict.plan.request.placement.gpus.length, 1);
		assert.equal(
			refused.verdict.instead?.request.placement.gpus.length,
			0,
			"on the CPU",
		);
		const [allowed] = rows([large], [card, ram], { allowsPartial: true });
		assert.ok(allowed?.verdict.kind === "slow" && mayChoose(allowed));
		const { offloadedLayers = 0 } = allowed.verdict.plan.request;
		assert.ok(offloadedLayers > 0 && offloadedLayers < 49);
	});

	it("lets be chosen what is recommended or fits, and nothing else", () => {
		const all = rows([broken, large, embedding, seven, builtIn], [card, ram]);
		assert.deepEqual(
			all.filter(mayChoose).map(({ model }) => model.name),
			["seven-coder", "built-in"],
		);
	});
});
