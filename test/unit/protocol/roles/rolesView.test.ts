import assert from "node:assert/strict";
import {
	bytesOf,
	type EngineStatus,
	type HeldMemory,
	heldMemory,
	type OwnChat,
} from "../../../../src/protocol/engineStatus.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import { rolesView } from "../../../../src/protocol/roles/rolesView.ts";
import {
	fakeDescription,
	fakeLoad,
} from "../../../support/fakes/fakeRuntime.ts";

const held = (device: string, weights: number): HeldMemory => ({
	device,
	kind: device === "CPU" ? "cpu" : "discrete",
	weights,
	kvCache: 20,
	buffers: 3,
	draft: 0,
	freeBytes: 1000 - weights,
	totalBytes: 2000,
});

const budget = { localTokens: 1, contextTokens: 1, typedTokens: 1 };
const chatModel = { ...fakeDescription, file: "/models/chat.gguf" };
const chatLoad = {
	...fakeLoad,
	memory: [held("CPU", 300), held("GPU", 40)],
	decodeTokensPerSecond: 12,
	loadMs: 900,
};
const readyWith = (
	chat?: OwnChat,
	isAway = false,
): EngineStatus & { readonly kind: "ready" } => ({
	kind: "ready",
	model: fakeDescription,
	budget,
	load: { ...fakeLoad, memory: [held("CPU", 100)], loadMs: 500 },
	...(chat && { chat }),
	...(isAway && { isAway }),
});
const readyChat: OwnChat = {
	state: "ready",
	file: chatModel.file,
	model: chatModel,
	load: chatLoad,
};

describe("the view of both roles", () => {
	it("shows one model twice if it serves both", () => {
		const { isShared, completion, chat } = rolesView(readyWith());
		assert.ok(isShared);
		assert.equal(chat, completion);
		assert.equal(completion.heldBytes, 123);
		assert.equal(completion.loadMs, 500);
	});

	it("shows the chat's own model with its memory, speed and the time of its load", () => {
		const { isShared, completion, chat } = rolesView(readyWith(readyChat));
		assert.ok(!isShared);
		assert.equal(completion.heldBytes, 123);
		assert.equal(chat.heldBytes, 300 + 40 + 2 * 23);
		assert.equal(chat.decodeTokensPerSecond, 12);
		assert.equal(chat.loadMs, 900);
	});

	it("counts the memory of both models once, by device", () => {
		const status = readyWith(readyChat);
		const memory = heldMemory(status);
		assert.deepEqual(
			memory.map(({ device }) => device),
			["CPU", "GPU"],
		);
		const { completion, chat } = rolesView(status);
		assert.equal(
			memory.reduce((sum, it) => sum + bytesOf(it), 0),
			completion.heldBytes + chat.heldBytes,
		);
	});

	it("shows that the model for completion is away, and holds nothing", () => {
		const status = readyWith(readyChat, true);
		const { completion, chat } = rolesView(status);
		assert.equal(completion.state, "away");
		assert.equal(completion.heldBytes, 0);
		assert.equal(completion.model, fakeDescription);
		assert.deepEqual(heldMemory(status), chat.memory);
	});

	const file = chatModel.file;
	const states: readonly [OwnChat, string][] = [
		[{ state: "unloaded", file }, "unloaded"],
		[{ state: "loading", file, fraction: 0.5 }, "loading"],
		[{ state: "warmingUp", file, model: chatModel }, "loading"],
		[{ ...readyChat, state: "generating" }, "generating"],
		[
			{ state: "failed", file, error: createError("engineStopped", {}) },
			"failed",
		],
	];
	for (const [chat, state] of states)
		it(`keeps both apart while the chat's is ${chat.state}, whatever the other does`, () => {
			for (const status of [
				readyWith(chat),
				{ kind: "loading", file: "/models/a.gguf", fraction: 0, chat },
				{ kind: "failed", error: createError("engineStopped", {}), chat },
			] satisfies readonly EngineStatus[]) {
				const view = rolesView(status);
				assert.equal(view.chat.state, state);
				assert.equal(view.chat.file, file);
				assert.equal(
					view.completion.state,
					status.kind === "ready" ? "ready" : status.kind,
				);
			}
		});

	it("shows nothing of an engine that does not run", () => {
		for (const kind of ["stopped", "starting"] as const) {
			const { completion, isShared } = rolesView({ kind });
			assert.equal(completion.state, "stopped");
			assert.ok(isShared);
		}
	});
});
