/** Mesa's llvmpipe (Debian: mesa-vulkan-drivers): llama.cpp's real Vulkan backend, on a device of 2 GiB. */

import assert from "node:assert/strict";
import { canProvideSoftwareGpu } from "../../../scripts/softwareGpu.ts";
import { nullLog } from "../../../src/base/log.ts";
import { describeDevices } from "../../../src/client/describeDevices.ts";
import { forkEngine } from "../../../src/client/engineProcess.ts";
import { engineFile } from "./realEngine.ts";

/** Without this, Vulkan leaves devices alone that are a CPU in truth. */
export const softwareGpuEnvironment = {
	...process.env,
	GGML_VK_VISIBLE_DEVICES: "0",
};

/** A hook of mocha. Skips where there is no such device; where the tests could have installed it, that it is missing is a defect. */
export async function needsSoftwareGpu(this: Mocha.Context): Promise<void> {
	const devices = await describeDevices({
		fork: (env) => forkEngine({ file: engineFile, log: nullLog, env }),
		env: softwareGpuEnvironment,
		gpu: "auto",
	});
	const isThere =
		devices.ok && devices.value.some(({ name }) => /llvmpipe/.test(name));
	if (!isThere && !canProvideSoftwareGpu()) this.skip();
	assert.ok(isThere, JSON.stringify(devices));
}
