import assert from "node:assert/strict";
import { phrase } from "../../../../src/base/sentence.ts";
import { describeDevices } from "../../../../src/client/devices/describeDevices.ts";
import type { Device } from "../../../../src/protocol/device.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import { FakeClock } from "../../../support/fakes/fakeClock.ts";
import { FakeProcess } from "../../../support/fakes/fakeProcess.ts";
import { fakeRam } from "../../../support/fakes/fakeRuntime.ts";

const requestId = "devices";

describe("describeDevices", () => {
	const ask = () => {
		const engine = new FakeProcess();
		const clock = new FakeClock();
		const answer = describeDevices({
			fork: () => engine,
			env: {},
			gpu: "auto",
			timeoutMs: 30_000,
			setTimer: clock.setTimer,
		});
		return { engine, clock, answer };
	};

	it("asks a process after its hello, and shuts it down", async () => {
		const { engine, clock, answer } = ask();
		assert.deepEqual(engine.sent, []);
		engine.hello();
		assert.deepEqual(engine.sent, [
			{ kind: "describeDevices", requestId, gpu: "auto" },
		]);
		engine.says({ kind: "log", level: "info", message: "on the way" });
		engine.says({ kind: "devices", requestId, devices: [fakeRam] });
		assert.deepEqual(engine.sent.at(-1), { kind: "shutdown" });
		engine.exit("exit code 0");
		assert.deepEqual(await answer, { ok: true, value: [fakeRam] });
		assert.equal(clock.pending, 0);
	});

	it("returns the error of the process", async () => {
		const error = createError("engineBinaryMissing", {
			platform: "plan9",
			why: "nobody built it",
		});
		const { engine, answer } = ask();
		engine.hello();
		engine.says({ kind: "failed", requestId, error });
		assert.deepEqual(engine.sent.at(-1), { kind: "shutdown" });
		engine.exit("exit code 0");
		assert.deepEqual(await answer, { ok: false, error });
	});

	it("reports a process that crashes or cannot be forked", async () => {
		const { engine, answer } = ask();
		engine.exit("signal SIGSEGV");
		assert.deepEqual(await answer, {
			ok: false,
			error: createError("engineCrashed", { why: "signal SIGSEGV" }),
		});
		const unstarted = await describeDevices({
			fork: () => {
				throw new Error("no such file");
			},
			env: {},
			gpu: "off",
		});
		assert.deepEqual(unstarted, {
			ok: false,
			error: createError("engineCrashed", { why: "no such file" }),
		});
	});

	it("kills a process that hangs", async () => {
		const { engine, clock, answer } = ask();
		engine.hello();
		clock.advance(29_999);
		assert.ok(!engine.killed);
		clock.advance(1);
		assert.ok(engine.killed);
		assert.deepEqual(await answer, {
			ok: false,
			error: createError("devicesUnknown", {
				why: phrase("no answer within {time}", { time: "30.0 s" }),
			}),
		});
	});

	it("kills a process that does not exit, and uses its answer", async () => {
		const { engine, clock, answer } = ask();
		engine.hello();
		engine.says({ kind: "devices", requestId, devices: [fakeRam] });
		clock.advance(1_500);
		assert.ok(engine.killed);
		assert.deepEqual(await answer, { ok: true, value: [fakeRam] });
	});
});

describe("describeDevices with several GPUs", () => {
	const gpu = (name: string, totalBytes: number, id = "vulkan0"): Device => ({
		id,
		name,
		kind: "discrete",
		totalBytes,
		freeBytes: totalBytes,
	});
	const together = (backend: string, ...parts: string[]): Device => ({
		...gpu(parts.join(" + "), 100, `${backend}0`),
		parts,
	});

	interface Machine {
		readonly env?: NodeJS.ProcessEnv;
		readonly together: Device;
		readonly variable: string;
		/** What a process answers that sees this entry alone: undefined where it crashes. */
		readonly alone: (entry: string) => readonly Device[] | undefined;
	}

	/** What is answered, and the entries that were tried. */
	async function describeOn({ env = {}, together, variable, alone }: Machine) {
		const tried: string[] = [];
		let running = 0;
		const fork = (of: NodeJS.ProcessEnv) => {
			assert.equal(running++, 0, "one after the other");
			const entry = of[variable] ?? "";
			const isAlone = of !== env;
			if (isAlone) tried.push(entry);
			const gpus = isAlone ? alone(entry) : [together];
			const process = new FakeProcess();
			setImmediate(() => {
				process.hello();
				if (gpus)
					process.says({
						kind: "devices",
						requestId,
						devices: [...gpus, fakeRam],
					});
				running--;
				process.exit("signal SIGABRT");
			});
			return process;
		};
		const devices = await describeDevices({ fork, env, gpu: "auto" });
		assert.ok(devices.ok);
		return { devices: devices.value, tried };
	}

	const vulkan = "GGML_VK_VISIBLE_DEVICES";
	const cuda = "CUDA_VISIBLE_DEVICES";
	const cases: Readonly<
		Record<
			string,
			Machine & {
				readonly gpus: readonly Device[];
				readonly tried: readonly string[];
			}
		>
	> = {
		"two alike": {
			together: together("cuda", "A", "A"),
			variable: cuda,
			alone: (entry) => [gpu("A", Number(entry) + 1, "cuda0")],
			gpus: [gpu("A", 1, "cuda0"), gpu("A", 2, "cuda1")],
			tried: ["0", "1"],
		},
		"two among which one stands that is not used": {
			together: together("vulkan", "A", "B"),
			variable: vulkan,
			alone: (entry) => [gpu(["A", "llvmpipe", "B"][Number(entry)] ?? "", 5)],
			gpus: [gpu("A", 5, "vulkan0"), gpu("B", 5, "vulkan1")],
			tried: ["0", "1", "2"],
		},
		"two in another order than their indexes": {
			together: together("vulkan", "B", "A"),
			variable: vulkan,
			alone: (entry) => [gpu(["A", "B"][Number(entry)] ?? "", Number(entry))],
			gpus: [gpu("B", 1, "vulkan0"), gpu("A", 0, "vulkan1")],
			tried: ["0", "1"],
		},
		"those that the user chose": {
			env: { [cuda]: "3, GPU-8932f937", OTHER: "kept" },
			together: together("cuda", "A", "B"),
			variable: cuda,
			alone: (entry) => [gpu(entry === "3" ? "A" : "B", 7, "cuda0")],
			gpus: [gpu("A", 7, "cuda0"), gpu("B", 7, "cuda1")],
			tried: ["3", "GPU-8932f937"],
		},
	};
	for (const [what, { gpus, tried, ...machine }] of Object.entries(cases))
		it(`describes each GPU: ${what}`, async () =>
			assert.deepEqual(await describeOn(machine), {
				devices: [...gpus, fakeRam],
				tried,
			}));

	const inseparable: Readonly<
		Record<string, Machine & { readonly tries: number }>
	> = {
		"no process sees the second": {
			together: together("vulkan", "A", "B"),
			variable: vulkan,
			alone: () => [gpu("A", 5)],
			tries: 6,
		},
		"a process falls back to another backend": {
			together: together("cuda", "A", "B"),
			variable: cuda,
			alone: (entry) => [gpu(entry === "0" ? "A" : "B", 5)],
			tries: 6,
		},
		"a process crashes": {
			together: together("cuda", "A", "B"),
			variable: cuda,
			alone: () => undefined,
			tries: 1,
		},
		"the backend has no such variable": {
			together: together("metal", "A", "B"),
			variable: "",
			alone: () => [],
			tries: 0,
		},
	};
	for (const [what, { tries, ...machine }] of Object.entries(inseparable))
		it(`reports one device when ${what}`, async () => {
			const { devices, tried } = await describeOn(machine);
			assert.deepEqual(devices, [machine.together, fakeRam]);
			assert.equal(tried.length, tries);
		});

	it("forks one process for a single GPU", async () => {
		const alone = () => assert.fail("asked again");
		const one = gpu("A", 5);
		for (const only of [one, { ...one, parts: ["A"] }]) {
			const it = await describeOn({ together: only, variable: cuda, alone });
			assert.deepEqual(it.devices, [only, fakeRam]);
		}
	});
});
