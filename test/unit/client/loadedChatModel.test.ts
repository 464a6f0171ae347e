import assert from "node:assert/strict";
import { Emitter } from "../../../src/base/event.ts";
import { failure, type Result, success } from "../../../src/base/result.ts";
import { LoadedChatModel } from "../../../src/client/loadedChatModel.ts";
import type { EngineConnection } from "../../../src/client/supervisor.ts";
import type {
	EngineStatus,
	OwnChat,
} from "../../../src/protocol/engineStatus.ts";
import {
	createError,
	type HeadroomError,
} from "../../../src/protocol/errors.ts";
import { fakeDescription, fakeLoad } from "../../support/fakes/fakeRuntime.ts";

const error = createError("engineStopped", {});
const chatError = createError("chatTooSmall", { model: "Model" });

function ready(
	kind: "ready" | "generating" = "ready",
	chat: { chatWindow: number; chatError?: HeadroomError } = {
		chatWindow: 4096,
	},
): EngineStatus {
	return {
		kind,
		model: fakeDescription,
		budget: { localTokens: 1, contextTokens: 1, typedTokens: 1 },
		load: { ...fakeLoad, ...chat },
	};
}

const own = { state: "unloaded", file: "/models/talks.gguf" } as const;
const talks = { ...fakeDescription, file: own.file, name: "Talks" };
const load = { ...fakeLoad, chatWindow: 8192 };

/** With a model of the chat's own beside that for completion. */
function withOwn(chat: OwnChat): EngineStatus {
	const status = ready();
	assert.ok(status.kind === "ready");
	return { ...status, chat };
}

function setUp(
	status: EngineStatus = { kind: "stopped" },
	connected: Result<EngineConnection, HeadroomError> = success({ send() {} }),
) {
	const changes = new Emitter<EngineStatus>();
	const supervisor = {
		status,
		onDidChangeStatus: changes.event,
		connects: 0,
		async connect() {
			this.connects++;
			if (this.status.kind === "stopped") this.status = { kind: "starting" };
			return connected;
		},
	};
	const client = {
		loads: 0,
		loadChat: () => {
			client.loads++;
			const changed = withOwn({ ...own, state: "ready", model: talks, load });
			supervisor.status = changed;
			changes.fire(changed);
			return Promise.resolve(success({ model: talks, load }));
		},
	};
	const model = new LoadedChatModel(supervisor, client);
	let fired = 0;
	model.onDidChange(() => fired++);
	return {
		model,
		supervisor,
		client,
		fired: () => fired,
		become(next: EngineStatus) {
			supervisor.status = next;
			changes.fire(next);
		},
	};
}

const errorOf = ({ current }: LoadedChatModel) => current?.error;
const never = new AbortController().signal;

describe("LoadedChatModel", () => {
	it("reports the loaded model once", () => {
		const it = setUp();
		assert.equal(errorOf(it.model), undefined);
		it.become({ kind: "starting" });
		assert.equal(it.fired(), 0);
		it.become(ready());
		const loaded = it.model.current;
		assert.deepEqual(loaded, {
			name: fakeDescription.name,
			parameterCount: fakeDescription.parameterCount,
			windowTokens: 4096,
			error: null,
		});
		it.become(ready("generating"));
		it.become(ready());
		assert.equal(it.model.current, loaded, "the same object");
		assert.equal(it.fired(), 1);
		it.become(ready("ready", { chatWindow: 0, chatError }));
		assert.deepEqual(errorOf(it.model), chatError);
		it.become({ kind: "stopped" });
		assert.equal(it.model.current, undefined);
		assert.equal(it.fired(), 3);
	});

	it("loads nothing if a model is ready", async () => {
		const it = setUp(ready());
		const started = await it.model.load(never);
		assert.equal(started?.ok && started.value, it.model.current);
		assert.equal(it.supervisor.connects, 0);
	});

	it("waits for the load", async () => {
		const it = setUp();
		const started = it.model.load(never);
		await Promise.resolve();
		it.become({ kind: "loading", file: "/m.gguf", fraction: 0.5 });
		it.become({ kind: "crashed", error, restartInMs: 500 });
		it.become(ready());
		const result = await started;
		assert.equal(result?.ok && result.value, it.model.current);
	});

	const ends: readonly (readonly [name: string, status: EngineStatus])[] = [
		["a load that fails", { kind: "failed", error }],
		["one crash too many", { kind: "crashed", error, restartInMs: null }],
		["being stopped", { kind: "stopped" }],
	];
	for (const [name, status] of ends)
		it(`fails with ${name}`, async () => {
			const it = setUp();
			const started = it.model.load(never);
			await Promise.resolve();
			await Promise.resolve();
			await Promise.resolve();
			it.become(status);
			assert.deepEqual(await started, failure(error));
		});

	it("fails at once with the last error", async () => {
		const it = setUp({ kind: "failed", error: chatError });
		assert.deepEqual(await it.model.load(never), failure(chatError));
	});

	it("fails if the engine cannot start", async () => {
		const it = setUp(undefined, failure(error));
		assert.deepEqual(await it.model.load(never), failure(error));
	});

	it("loads the chat's own model, and then knows it", async () => {
		const it = setUp(withOwn(own));
		assert.equal(it.model.current, undefined);
		const loaded = await it.model.load(never);
		assert.ok(loaded?.ok);
		assert.deepEqual(loaded.value, {
			name: "Talks",
			parameterCount: talks.parameterCount,
			windowTokens: 8192,
			error: null,
		});
		assert.equal(it.model.current, loaded.value);
		await it.model.load(never);
		assert.equal(it.client.loads, 1);
	});

	it("loads the chat's own model where that for completion failed", async () => {
		const it = setUp({ kind: "failed", error, chat: own });
		assert.ok((await it.model.load(never))?.ok);
		assert.equal(it.client.loads, 1);
	});

	it("stops waiting when it is aborted", async () => {
		const it = setUp();
		const controller = new AbortController();
		const started = it.model.load(controller.signal);
		controller.abort();
		assert.equal(await started, undefined);
	});
});
