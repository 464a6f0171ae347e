import assert from "node:assert/strict";
import type { Device } from "../../src/protocol/device.ts";
import { RealEngine } from "../support/models/realEngine.ts";
import {
	needsSoftwareGpu,
	softwareGpuEnvironment,
} from "../support/models/softwareGpu.ts";

/** Polls the devices of the loaded model, each time as soon as the last answer arrives. */
function pollDevices({ supervisor }: RealEngine) {
	const answers: (readonly Device[])[] = [];
	let asked = 0;
	const ask = () =>
		supervisor.running?.send({
			kind: "describeDevices",
			requestId: `d${++asked}`,
			gpu: null,
		});
	const subscription = supervisor.onMessage((message) => {
		if (message.kind !== "devices") return;
		answers.push(message.devices);
		ask();
	});
	ask();
	return { answers, end: () => subscription.dispose() };
}

/** Long enough on each device for several polls during a completion. */
for (const [where, gpu, env, maxTokens] of [
	["the CPU", "off", process.env, 400],
	["llvmpipe", "auto", softwareGpuEnvironment, 24],
] as const)
	describe(`the devices of a model that works on ${where}`, () => {
		const engine = new RealEngine(env);
		engine.gpu = gpu;
		after(() => engine.stop());

		if (gpu === "auto") before(needsSoftwareGpu);

		it("are reported while it generates, without changing its output", async () => {
			const request = {
				prefixBlocks: ["const list = [1, 2, 3, 4, "],
				maxTokens,
			};
			const before = await engine.completeWhole(request);
			const stream = engine.complete(request);
			const first = await stream.chunks.next();
			const polled = pollDevices(engine);
			const { text, end } = await engine.read(stream);
			const { length } = polled.answers;
			polled.end();
			assert.ok(!first.done && end.kind === "done", JSON.stringify(end));
			assert.equal(first.value.text + text, before.text);
			assert.ok(length > 1, `${length} answers during the completion`);
			const { status } = engine.supervisor;
			assert.ok(status.kind === "ready");
			for (const devices of polled.answers)
				for (const held of status.load.memory) {
					const device = devices.find(({ name }) => name === held.device);
					assert.ok(device, held.device);
					assert.equal(device.totalBytes, held.totalBytes);
					assert.ok(device.freeBytes <= device.totalBytes);
				}
		});
	});
