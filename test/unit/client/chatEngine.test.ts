import assert from "node:assert/strict";
import { Emitter } from "../../../src/base/event.ts";
import { failure, type Result, success } from "../../../src/base/result.ts";
import { ChatEngine } from "../../../src/client/chatEngine.ts";
import type { EngineConnection } from "../../../src/client/supervisor.ts";
import type { EngineStatus } from "../../../src/protocol/engineStatus.ts";
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
		budget: { localTokens: 1, contextTokens: 1 },
		load: { ...fakeLoad, ...chat },
	};
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
	const engine = new ChatEngine(supervisor, {
		chat: () => assert.fail("nothing is asked"),
		count: async () => undefined,
	});
	let fired = 0;
	engine.onDidChangeModel(() => fired++);
	return {
		engine,
		supervisor,
		fired: () => fired,
		become(next: EngineStatus) {
			supervisor.status = next;
			changes.fire(next);
		},
	};
}

const errorOf = ({ model }: ChatEngine) => model?.error;
const never = new AbortController().signal;

describe("the engine of a chat", () => {
	it("tells of the model that is loaded, once", () => {
		const it = setUp();
		assert.equal(errorOf(it.engine), undefined);
		it.become({ kind: "starting" });
		assert.equal(it.fired(), 0);
		it.become(ready());
		const model = it.engine.model;
		assert.deepEqual(model, {
			name: fakeDescription.name,
			parameterCount: fakeDescription.parameterCount,
			windowTokens: 4096,
			error: null,
		});
		it.become(ready("generating"));
		it.become(ready());
		assert.equal(it.engine.model, model, "the same object");
		assert.equal(it.fired(), 1);
		it.become(ready("ready", { chatWindow: 0, chatError }));
		assert.deepEqual(errorOf(it.engine), chatError);
		it.become({ kind: "stopped" });
		assert.equal(it.engine.model, undefined);
		assert.equal(it.fired(), 3);
	});

	it("loads nothing where a model is ready", async () => {
		const it = setUp(ready());
		const started = await it.engine.start(never);
		assert.equal(started?.ok && started.value, it.engine.model);
		assert.equal(it.supervisor.connects, 0);
	});

	it("waits for the load", async () => {
		const it = setUp();
		const started = it.engine.start(never);
		await Promise.resolve();
		it.become({ kind: "loading", file: "/m.gguf", fraction: 0.5 });
		it.become({ kind: "crashed", error, restartInMs: 500 });
		it.become(ready());
		const result = await started;
		assert.equal(result?.ok && result.value, it.engine.model);
	});

	const ends: readonly (readonly [name: string, status: EngineStatus])[] = [
		["a load that fails", { kind: "failed", error }],
		["a crash too many", { kind: "crashed", error, restartInMs: null }],
		["being stopped", { kind: "stopped" }],
	];
	for (const [name, status] of ends)
		it(`fails with ${name}`, async () => {
			const it = setUp();
			const started = it.engine.start(never);
			await Promise.resolve();
			await Promise.resolve();
			await Promise.resolve();
			it.become(status);
			assert.deepEqual(await started, failure(error));
		});

	it("fails at once with what failed before", async () => {
		const it = setUp({ kind: "failed", error: chatError });
		assert.deepEqual(await it.engine.start(never), failure(chatError));
	});

	it("fails where nothing can be started", async () => {
		const it = setUp(undefined, failure(error));
		assert.deepEqual(await it.engine.start(never), failure(error));
	});

	it("stops waiting when it is not wanted any more", async () => {
		const it = setUp();
		const controller = new AbortController();
		const started = it.engine.start(controller.signal);
		controller.abort();
		assert.equal(await started, undefined);
	});
});
