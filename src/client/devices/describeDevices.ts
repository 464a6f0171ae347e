/**
 * Describes the devices of this machine in separate processes, without loading a model.
 *
 * node-llama-cpp reports several GPUs as one. A process that can see only one of them reports that one.
 */

import { failure, type Result, success } from "../../base/result.ts";
import { phrase } from "../../base/sentence.ts";
import { type SetTimer, setRealTimer } from "../../base/timers.ts";
import { formatMs } from "../../base/units.ts";
import type { Device } from "../../protocol/device.ts";
import { FromEngine, type Gpu } from "../../protocol/engineProtocol.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import type { MachineRecord } from "../../protocol/machineRecord.ts";
import type { EngineProcess } from "../engineProcess.ts";

export interface DescribeDevicesOptions {
	/** Forks a process with this environment. */
	readonly fork: (env: NodeJS.ProcessEnv) => EngineProcess;
	/** The environment of the user, which may restrict the visible GPUs already. */
	readonly env: NodeJS.ProcessEnv;
	readonly gpu: Gpu;
	/** Measured bandwidths; without it, those of the tables are used. */
	readonly record?: MachineRecord;
	/** For each process. A driver may take seconds to wake up a GPU, and some hang. */
	readonly timeoutMs?: number;
	readonly setTimer?: SetTimer;
}

type Devices = Result<readonly Device[], HeadroomError>;

const requestId = "devices";
const defaultTimeoutMs = 30_000;

/** How long a process may take to exit after its answer. */
const shutdownTimeoutMs = 1_500;

/** By the backend's name in a device's id: the variable that restricts the visible GPUs to a list of indexes. */
const visibleDevicesVariables: Readonly<Record<string, string>> = {
	cuda: "CUDA_VISIBLE_DEVICES",
	vulkan: "GGML_VK_VISIBLE_DEVICES",
};

/** Vulkan indexes also count devices that llama.cpp skips, such as a CPU or a second driver of the same GPU. */
const maxUnusedDevices = 4;

/**
 * Describes each GPU separately, in the backend's order and with ids such as `vulkan0` and `vulkan1`. Where that is not possible they are
 * one device, as node-llama-cpp reports them.
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

/** Sequential, because a running process holds memory of its GPU. */
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
	return id.replace(/(?<!\d)\d+$/, "");
}

/** Values of the variable that show one GPU each. The user may have set other indexes than the first, or names. */
function entriesOf(
	chosen: string | undefined,
	count: number,
): readonly string[] {
	const entries = (chosen ?? "").split(/[\s,]+/).filter((it) => it !== "");
	return entries.length > 0
		? entries
		: Array.from({ length: count + maxUnusedDevices }, (_, i) => String(i));
}

/** Settles when the process has exited, or was killed after a timeout. */
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
			const why = phrase("no answer within {time}", {
				time: formatMs(timeoutMs),
			});
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
