import assert from "node:assert/strict";
import { failure, type Result, success } from "../../../../src/base/result.ts";
import { MachineDevices } from "../../../../src/client/devices/machineDevices.ts";
import type { Device } from "../../../../src/protocol/device.ts";
import type { HeldMemory } from "../../../../src/protocol/engineStatus.ts";
import {
	createError,
	type HeadroomError,
} from "../../../../src/protocol/errors.ts";

const device = (
	name: string,
	kind: Device["kind"],
	freeBytes: number,
): Device => ({ id: name, name, kind, totalBytes: 1000, freeBytes });

const held = (
	name: string,
	kind: Device["kind"],
	weights: number,
): HeldMemory => ({
	device: name,
	kind,
	weights,
	kvCache: 10,
	buffers: 5,
	draft: 0,
	freeBytes: 0,
	totalBytes: 1000,
});

describe("MachineDevices", () => {
	const table: readonly (readonly [
		what: string,
		devices: readonly Device[],
		held: readonly HeldMemory[],
		freeBytes: readonly number[],
	])[] = [
		["as they are", [device("RAM", "cpu", 400)], [], [400]],
		[
			"without what the model holds on each",
			[device("GPU", "discrete", 100), device("RAM", "cpu", 400)],
			[held("GPU", "discrete", 300), held("RAM", "cpu", 35)],
			[415, 450],
		],
		[
			"with what an integrated GPU holds, which is RAM",
			[device("GPU", "integrated", 100), device("RAM", "cpu", 400)],
			[held("GPU", "integrated", 300), held("RAM", "cpu", 35)],
			[415, 765],
		],
		[
			"never more than there is",
			[device("RAM", "cpu", 900)],
			[held("RAM", "cpu", 300)],
			[1000],
		],
		[
			"of GPUs that the engine has as one, each its share",
			[device("GPU", "discrete", 100), device("GPU", "discrete", 200)],
			[held("GPU", "discrete", 285)],
			[250, 350],
		],
		[
			"also where the engine has another name for both",
			[device("A", "discrete", 100), device("B", "discrete", 200)],
			[held("A and B", "discrete", 285)],
			[250, 350],
		],
	];
	for (const [what, devices, memory, expected] of table)
		it(`describes devices ${what}`, async () => {
			const machine = new MachineDevices({
				describe: async () => success(devices),
				held: () => memory,
			});
			const answer = await machine.get();
			assert.ok(answer.ok);
			assert.deepEqual(
				answer.value.map(({ freeBytes }) => freeBytes),
				expected,
			);
		});

	it("caches for half a minute, until a failure or `forget`", async () => {
		let nowMs = 0;
		let asked = 0;
		let answer: Result<readonly Device[], HeadroomError> = failure(
			createError("devicesUnknown", { why: "no answer" }),
		);
		const machine = new MachineDevices({
			async describe() {
				asked++;
				return answer;
			},
			held: () => [],
			now: () => nowMs,
		});
		assert.ok(!(await machine.get()).ok);
		answer = success([device("RAM", "cpu", 1)]);
		await Promise.all([machine.get(), machine.get()]);
		nowMs = 29_999;
		await machine.get();
		assert.equal(asked, 2);
		nowMs = 30_000;
		await machine.get();
		assert.equal(asked, 3);
		machine.forget();
		await machine.get();
		assert.equal(asked, 4);
	});
});
