/**
 * Asks processes of their own for the devices of this machine, and ends them: no model is loaded for that.
 *
 * The library adds several GPUs up. A process that sees one of them alone tells what that one has.
 */

import { failure, type Result, success } from "../base/result.ts";
import { type SetTimer, setRealTimer } from "../base/timers.ts";
import { formatMs } from "../base/units.ts";
import type { Device } from "../protocol/device.ts";
import { FromEngine, type Gpu } from "../protocol/engineProtocol.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../protocol/errors.ts";
import type { MachineRecord } from "../protocol/machineRecord.ts";
import type { EngineProcess } from "./engineProcess.ts";

export interface DescribeDevicesOptions {
	/** A process with this environment. */
	readonly fork: (env: NodeJS.ProcessEnv) => EngineProcess;
	/** The user's, in which some GPUs may have been chosen already. */
	readonly env: NodeJS.ProcessEnv;
	readonly gpu: Gpu;
	/** What is known of them; without it, bandwidths are those of tables. */
	readonly record?: MachineRecord;
	/** Of each process. A driver may take seconds to wake a GPU up, and some never do. */
	readonly timeoutMs?: number;
	readonly setTimer?: SetTimer;
}

type Devices = Result<readonly Device[], HeadroomError>;

const requestId = "devices";
const defaultTimeoutMs = 30_000;

/** How long a process may take to end when it has answered. */
const shutdownTimeoutMs = 1_500;

/** By the backend's name in a device's id: what makes it see some of the GPUs only, as a list of their indexes. */
const visibleDevicesVariables: Readonly<Record<string, string>> = {
	cuda: "CUDA_VISIBLE_DEVICES",
	vulkan: "GGML_VK_VISIBLE_DEVICES",
};

/** Vulkan counts devices that it does not use by itself, such as a CPU or a second driver of the same GPU. */
const maxUnusedDevices = 4;

/**
 * Each GPU by itself, in the backend's order and with ids such as `vulkan0` and `vulkan1`. Where they cannot be told apart they are one
 * device, as the library has it.
 */
export async function describeDevices(
	options: DescribeDevicesOptions,
): Promise<Devices> {
	const together = await askProcess(options, options.env);
	if (!together.ok) return together;
	const several = together.value.find(({ parts = [] }) => parts.length > 1);
	if (!several) return together;
	const gpus = await describeParts(options, several);
	return success(
		together.value.flatMap((it) => (it === several ? gpus : [it])),
	);
}

/** One after the other: a process that ends takes its share of the memory with it. */
async function describeParts(
	options: DescribeDevicesOptions,
	several: Device,
): Promise<readonly Device[]> {
	const backend = backendOf(several);
	const variable = visibleDevicesVariables[backend];
	if (variable === undefined) return [several];
	const { parts: names = [] } = several;
	const found: (Device | undefined)[] = names.map(() => undefined);
	for (const entry of entriesOf(options.env[variable], names.length)) {
		const env = { ...options.env, [variable]: entry };
		const alone = await askProcess(options, env);
		if (!alone.ok) break;
		const gpu = alone.value.find((it) => backendOf(it) === backend);
		const index = names.findIndex((it, i) => it === gpu?.name && !found[i]);
		if (!gpu || index < 0) continue;
		found[index] = { ...gpu, id: `${backend}${index}` };
		const all = found.filter((it) => it !== undefined);
		if (all.length === names.length) return all;
	}
	return [several];
}

function backendOf({ id }: Device): string {
	return id.replace(/\d+$/, "");
}

/** What the user chose is gone through one by one: it may be other indexes than the first, or names. */
function entriesOf(
	chosen: string | undefined,
	count: number,
): readonly string[] {
	const entries = (chosen ?? "").split(/[\s,]+/).filter((it) => it !== "");
	return entries.length > 0
		? entries
		: Array.from({ length: count + maxUnusedDevices }, (_, i) => String(i));
}

/** Settles when the process has ended, or was told to and did not in time. */
function askProcess(
	{
		fork,
		gpu,
		record,
		timeoutMs = defaultTimeoutMs,
		setTimer = setRealTimer,
	}: DescribeDevicesOptions,
	env: NodeJS.ProcessEnv,
): Promise<Devices> {
	return new Promise((resolve) => {
		let engine: EngineProcess;
		try {
			engine = fork(env);
		} catch (thrown) {
			resolve(
				failure(createError("engineCrashed", { why: messageOf(thrown) })),
			);
			return;
		}
		let answer: Devices | undefined;
		const giveUp = (): void => {
			const why = `there was no answer within ${formatMs(timeoutMs)}`;
			resolve(answer ?? failure(createError("devicesUnknown", { why })));
			engine.kill();
		};
		let timer = setTimer(giveUp, timeoutMs);
		const end = (devices: Devices): void => {
			answer = devices;
			timer.dispose();
			timer = setTimer(giveUp, shutdownTimeoutMs);
			engine.send({ kind: "shutdown" });
		};
		engine.onExit(({ why }) => {
			timer.dispose();
			resolve(answer ?? failure(createError("engineCrashed", { why })));
		});
		engine.onMessage((raw) => {
			const { data: message } = FromEngine.safeParse(raw);
			switch (message?.kind) {
				case "hello":
					engine.send({
						kind: "describeDevices",
						requestId,
						gpu,
						...(record && { record }),
					});
					return;
				case "devices":
					end(success(message.devices));
					return;
				case "failed":
					end(failure(message.error));
					return;
				default:
			}
		});
	});
}
