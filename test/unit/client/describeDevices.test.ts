import assert from "node:assert/strict";
import { describeDevices } from "../../../src/client/describeDevices.ts";
import { createError } from "../../../src/protocol/errors.ts";
import { FakeProcess } from "../../support/fakeProcess.ts";
import { fakeRam } from "../../support/fakeRuntime.ts";

describe("describeDevices", () => {
	const ask = () => {
		const engine = new FakeProcess();
		return { engine, answer: describeDevices(() => engine, "auto") };
	};
	const requestId = "devices";

	it("asks a process that listens, and ends it", async () => {
		const { engine, answer } = ask();
		assert.deepEqual(engine.sent, []);
		engine.hello();
		assert.deepEqual(engine.sent, [
			{ kind: "describeDevices", requestId, gpu: "auto" },
		]);
		engine.says({ kind: "log", level: "info", message: "on the way" });
		engine.says({ kind: "devices", requestId, devices: [fakeRam] });
		assert.deepEqual(await answer, { ok: true, value: [fakeRam] });
		assert.deepEqual(engine.sent.at(-1), { kind: "shutdown" });
	});

	it("passes on why not", async () => {
		const error = createError("engineBinaryMissing", {
			platform: "plan9",
			why: "nobody built it",
		});
		const { engine, answer } = ask();
		engine.hello();
		engine.says({ kind: "failed", requestId, error });
		assert.deepEqual(await answer, { ok: false, error });
		assert.deepEqual(engine.sent.at(-1), { kind: "shutdown" });
	});

	it("tells of a process that ends, or does not start", async () => {
		const { engine, answer } = ask();
		engine.exit("signal SIGSEGV");
		assert.deepEqual(await answer, {
			ok: false,
			error: createError("engineCrashed", { why: "signal SIGSEGV" }),
		});
		const unstarted = await describeDevices(() => {
			throw new Error("no such file");
		}, "off");
		assert.deepEqual(unstarted, {
			ok: false,
			error: createError("engineCrashed", { why: "no such file" }),
		});
	});
});
