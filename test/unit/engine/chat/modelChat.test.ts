import assert from "node:assert/strict";
import { success } from "../../../../src/base/result.ts";
import { ModelChat } from "../../../../src/engine/chat/modelChat.ts";
import { Scheduler } from "../../../../src/engine/schedule/scheduler.ts";
import { TimeSlicer } from "../../../../src/engine/schedule/timeSlicer.ts";
import { cpuPlacement } from "../../../../src/memory/machine/devices.ts";
import { planFor } from "../../../../src/memory/plan/plan.ts";
import type { Device } from "../../../../src/protocol/device.ts";
import { errorText } from "../../../../src/protocol/errors.ts";
import {
	chattyDescription,
	fakeTemplate,
} from "../../../support/fakes/drivenEngine.ts";
import {
	FakeRuntime,
	fakeModelFile,
	fakeRam,
	fakeShape,
} from "../../../support/fakes/fakeRuntime.ts";

const gib = 2 ** 30;

async function setUp({
	freeBytes = 48 * gib,
	freeLaterBytes = freeBytes,
	contextWindow = 32_768,
	chatTemplate = fakeTemplate,
}: {
	freeBytes?: number;
	freeLaterBytes?: number;
	contextWindow?: number;
	chatTemplate?: string | null;
} = {}) {
	const ram: Device = { ...fakeRam, freeBytes };
	const placement = cpuPlacement([ram]);
	assert.ok(placement);
	const runtime = new FakeRuntime({ description: chattyDescription });
	const model = await runtime.loadModel({
		description: chattyDescription,
		mapsFile: false,
		onProgress: () => {},
	});
	assert.ok(model.ok);
	const plan = planFor({
		model: { name: "Fake", quantization: "Q8_0", shape: fakeShape },
		placement,
		contextWindow: 2048,
		sequences: 3,
		batchTokens: 128,
		kvType: "f16",
	});
	const chat = ModelChat.of({
		file: {
			...fakeModelFile(chattyDescription, chatTemplate),
			shape: success(fakeShape),
		},
		model: model.value,
		plan,
		contextWindow,
		batchTokens: 128,
		draft: undefined,
		verifyCosts: undefined,
		speculation: "off",
		slicer: new TimeSlicer(new Scheduler(), "chat", () => 0),
		stateKey: "key",
		devices: () => Promise.resolve([{ ...ram, freeBytes: freeLaterBytes }]),
	});
	return { chat, plan, runtime, needed: plan.devices[0]?.neededBytes ?? 0 };
}

describe("ModelChat", () => {
	it("chooses the largest window that the model supports and that fits", async () => {
		const windows: number[] = [];
		for (const [freeBytes, contextWindow] of [
			[48 * gib, 32_768],
			[48 * gib, 5000],
			[48 * gib, 700],
		] as const) {
			const { chat } = await setUp({ freeBytes, contextWindow });
			assert.ok(chat.ok, JSON.stringify(chat));
			windows.push(chat.value.windowTokens);
		}
		assert.deepEqual(windows, [16_384, 5000, 700]);
		const { needed } = await setUp();
		const fitting: number[] = [];
		for (let free = needed - 2 * gib; free < needed; free += 16 * 2 ** 20) {
			const { chat } = await setUp({ freeBytes: free });
			if (chat.ok) fitting.push(chat.value.windowTokens);
		}
		// Each step has more free memory.
		assert.deepEqual([...new Set(fitting)], [4096, 6144, 8192, 12_288, 16_384]);
	});

	it("fails if no window fits, and without a template", async () => {
		const { needed } = await setUp();
		const full = await setUp({ freeBytes: needed - 2 * gib + 600 * 2 ** 20 });
		assert.equal(!full.chat.ok && full.chat.error.code, "chatOutOfMemory");
		const mute = await setUp({ chatTemplate: null });
		assert.equal(!mute.chat.ok && mute.chat.error.code, "chatUnsupported");
	});

	it("creates its context once, with the first question, and frees it", async () => {
		const { chat, runtime } = await setUp();
		assert.ok(chat.ok);
		assert.equal(runtime.journal.liveSequences, 0);
		assert.ok(!chat.value.isOpen);
		const first = await chat.value.open();
		const second = await chat.value.open();
		assert.ok(first.ok && second.ok && first.value === second.value);
		assert.equal(runtime.journal.liveSequences, 1);
		await chat.value.dispose();
		assert.equal(runtime.journal.liveSequences, 0);
	});

	it("fails with the numbers if other programs have taken the memory since the load", async () => {
		const { chat, runtime } = await setUp({ freeLaterBytes: gib / 16 });
		assert.ok(chat.ok);
		const opened = await chat.value.open();
		assert.ok(!opened.ok);
		assert.equal(opened.error.code, "chatOutOfMemory");
		assert.match(
			errorText(opened.error),
			/: it needs [\d.]+ [MG]B on Fake CPU, and [\d.]+ [KMG]B are free\.$/,
		);
		assert.equal(runtime.journal.liveSequences, 0);
	});
});
