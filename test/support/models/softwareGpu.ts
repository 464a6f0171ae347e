/** Mesa's llvmpipe (Debian: mesa-vulkan-drivers): llama.cpp's real Vulkan backend, on a device of 2 GiB. */

import assert from "node:assert/strict";
import { canProvideSoftwareGpu } from "../../../scripts/softwareGpu.ts";
import { nullLog } from "../../../src/base/log.ts";
import { describeDevices } from "../../../src/client/devices/describeDevices.ts";
import { forkEngine } from "../../../src/client/engineProcess.ts";
import { until } from "../until.ts";
import { engineFile } from "./realEngine.ts";

/** Without this, Vulkan leaves devices alone that are a CPU in truth. */
export const softwareGpuEnvironment = {
	...process.env,
	GGML_VK_VISIBLE_DEVICES: "0",
};

/** A hook of mocha. Skips where there is no such device; where the tests could have installed it, that it is missing is a defect. */
export async function needsSoftwareGpu(this: Mocha.Context): Promise<void> {
	// Under load an engine may not answer within the time that the product allows: it is asked again.
	const devices = await until("the devices", async () => {
		const described = await describeDevices({
			fork: (env) => forkEngine({ file: engineFile, log: nullLog, env }),
			env: softwareGpuEnvironment,
			gpu: "auto",
		});
		assert.ok(described.ok, JSON.stringify(described));
		return described.value;
	});
	const isThere = devices.some(({ name }) => /llvmpipe/.test(name));
	if (!isThere && !canProvideSoftwareGpu()) this.skip();
	assert.ok(isThere, JSON.stringify(devices));
}
