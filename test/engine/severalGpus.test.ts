import assert from "node:assert/strict";
import { nullLog } from "../../src/base/log.ts";
import { describeDevices } from "../../src/client/devices/describeDevices.ts";
import { forkEngine } from "../../src/client/engineProcess.ts";
import { engineFile } from "../support/models/realEngine.ts";
import { needsSoftwareGpu } from "../support/models/softwareGpu.ts";

/** Mesa's llvmpipe, named twice: llama.cpp's real Vulkan backend sees two devices of 2 GiB. */
describe("several GPUs", () => {
	const visible: (string | undefined)[] = [];

	const describeWith = (list: string) => {
		visible.splice(0);
		return describeDevices({
			fork: (env) => {
				const { GGML_VK_VISIBLE_DEVICES: seen } = env;
				visible.push(seen);
				return forkEngine({ file: engineFile, log: nullLog, env });
			},
			env: { ...process.env, GGML_VK_VISIBLE_DEVICES: list },
			gpu: "auto",
		});
	};

	before(needsSoftwareGpu);

	it("are reported one by one, each with its own memory", async () => {
		const devices = await describeWith("0,0");
		assert.ok(devices.ok, JSON.stringify(devices));
		const gpus = devices.value.filter(({ kind }) => kind !== "cpu");
		assert.deepEqual(
			gpus.map(({ id, totalBytes }) => ({ id, totalBytes })),
			["vulkan0", "vulkan1"].map((id) => ({ id, totalBytes: 2 * 2 ** 30 })),
		);
		assert.ok(gpus.every(({ name }) => /^llvmpipe [^+]*$/.test(name)));
		assert.equal(devices.value.length, 3);
		assert.deepEqual(visible, ["0,0", "0", "0"]);
	});

	it("are queried separately only if there are several", async () => {
		const devices = await describeWith("0");
		assert.ok(devices.ok, JSON.stringify(devices));
		assert.deepEqual(
			devices.value.map(({ id }) => id),
			["vulkan0", "cpu"],
		);
		assert.deepEqual(visible, ["0"]);
	});
});
