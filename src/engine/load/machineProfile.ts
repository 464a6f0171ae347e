/** What previous loads showed about this machine, and what a load adds to it. */

import { bandwidthOf } from "../../memory/machine/devices.ts";
import { withMeasurement } from "../../memory/machine/roofline.ts";
import { readBytes } from "../../memory/plan/modelCost.ts";
import type { Plan } from "../../memory/plan/plan.ts";
import type { Device } from "../../protocol/device.ts";
import {
	type BadLoad,
	badLoad,
	deviceKey,
	type Learned,
	LoadResidual,
	loadKey,
	type MachineRecord,
	measurementOf,
	residualFor,
	stepKey,
} from "../../protocol/machineRecord.ts";
import type { ModelDescription } from "../../protocol/model.ts";
import type { MeasuredSpeed } from "../measure/measureSpeed.ts";
import type { AllocatedBytes } from "../runtime/runtime.ts";
import { residualOf } from "./loadOutcome.ts";
import type { LoadHistory, LoadStrategy } from "./loadStrategies.ts";

/** A smaller model is read from a CPU cache, so its speed says nothing about memory bandwidth. */
const minReadBytes = 256 * 2 ** 20;

/** Below this, fixed costs dominate: kernel launches, sampling, IPC. */
const minReadMs = 5;

const dayMs = 24 * 60 * 60_000;

/** A crash may have been an accident. */
const badForMs = 14 * dayMs;

export class MachineProfile {
	readonly #record: MachineRecord;
	/** The versions of the graphics driver and llama.cpp: records of other versions do not count. */
	readonly #driver: string;
	readonly #nowMs: number;

	constructor(record: MachineRecord, driver: string, nowMs: number) {
		this.#record = record;
		this.#driver = driver;
		this.#nowMs = nowMs;
	}

	/** The devices with the speed that was measured on them. */
	measured(devices: readonly Device[]): readonly Device[] {
		return devices.map((device) => {
			const known = measurementOf(this.#record, this.#keyOf(device));
			if (!known) return device;
			const { bandwidthBytesPerSecond, efficiency } = known;
			return {
				...device,
				...(bandwidthBytesPerSecond !== undefined && {
					bandwidthBytesPerSecond,
				}),
				...(efficiency !== undefined && { efficiency }),
			};
		});
	}

	/** Corrections and crashes of earlier loads of this model. A load that used less than planned may not do so again: only an excess corrects. */
	historyOf(model: ModelDescription): LoadHistory {
		return {
			correctionFor: (placement) => {
				const key = this.#loadKey(model, [...placement.gpus, placement.host]);
				const residual = residualFor(this.#record, key);
				return (
					residual && {
						gpu: Math.max(0, residual.gpuBytes),
						host: Math.max(0, residual.hostBytes),
					}
				);
			},
			isBad: (strategy) => this.#badMarks(model, strategy).length > 0,
		};
	}

	/** The last error that marked this strategy as bad. */
	whyBad(model: ModelDescription, strategy: LoadStrategy): string | undefined {
		return this.#badMarks(model, strategy).at(-1)?.why;
	}

	/** The key that is reported with a phase of a load, and recorded if the process crashes in it. */
	stepKey(
		model: ModelDescription,
		{ place, key, devices }: LoadStrategy,
		phase: "loading" | "warmingUp",
	): string {
		const how = phase === "loading" ? place : key;
		return stepKey(this.#loadKey(model, devices), how);
	}

	#badMarks(
		model: ModelDescription,
		strategy: LoadStrategy,
	): readonly BadLoad[] {
		return (["loading", "warmingUp"] as const).flatMap((phase) => {
			const bad = badLoad(this.#record, {
				file: model.file,
				step: this.stepKey(model, strategy, phase),
			});
			return bad && this.#nowMs - bad.seenAtMs < badForMs ? [bad] : [];
		});
	}

	/** What to record of a load that went as planned: its memory beyond the plan, and the speed of its device. */
	fromLoad(
		model: ModelDescription,
		plan: Plan,
		allocated: AllocatedBytes,
		speed: MeasuredSpeed,
	): readonly Learned[] {
		const { placement, contextWindow, sequences, kvType } = plan.request;
		const residual = residualOf(plan, allocated);
		const learned: LoadResidual = {
			load: this.#loadKey(model, [...placement.gpus, placement.host]),
			gpuBytes: residual.gpu,
			hostBytes: residual.host,
			contextWindow,
			sequences,
			kvType,
			seenAtMs: this.#nowMs,
		};
		return [
			...(plan.isWhole && this.#isNews(learned)
				? [{ kind: "load", residual: learned } as const]
				: []),
			...this.#fromDecode(plan, speed),
		];
	}

	/** A smaller context shows less of an excess than a larger one did. An implausible excess is another program's memory. */
	#isNews(learned: LoadResidual): boolean {
		if (!LoadResidual.safeParse(learned).success) return false;
		const known = residualFor(this.#record, learned.load);
		return (
			!known ||
			learned.contextWindow >= known.contextWindow ||
			learned.gpuBytes + learned.hostBytes > known.gpuBytes + known.hostBytes
		);
	}

	/** The key of the RAM if its bandwidth is due for measuring: once a day, because the machine may have been busy. */
	ramToMeasure(devices: readonly Device[]): string | undefined {
		const ram = devices.find(({ kind }) => kind === "cpu");
		if (!ram) return undefined;
		const key = this.#keyOf(ram);
		const atMs = measurementOf(this.#record, key)?.measuredAtMs;
		return atMs === undefined || this.#nowMs - atMs > dayMs ? key : undefined;
	}

	/** Nothing for several devices: they work one after the other, and only their total time is known. */
	#fromDecode(
		{ request: { placement, model, kvType }, isWhole }: Plan,
		{ decodeTokensPerSecond: tokensPerSecond, rounds }: MeasuredSpeed,
	): readonly Learned[] {
		const [device, ...others] =
			placement.gpus.length > 0 ? placement.gpus : [placement.host];
		const { shape } = model;
		const bytesRead = readBytes(shape, 0, kvType);
		if (!device || others.length > 0 || !isWhole) return [];
		const readMs = (bytesRead / bandwidthOf(device).bytesPerSecond) * 1000;
		// The first decode compiles kernels and warms up.
		if (bytesRead < minReadBytes || readMs < minReadMs || rounds < 2) return [];
		const { bandwidthBytesPerSecond, efficiency } = withMeasurement(device, {
			bytesRead,
			layers: shape.layers.length,
			mixtureOfExperts: shape.experts > 0,
			tokensPerSecond,
		});
		const isSlower =
			bandwidthBytesPerSecond === device.bandwidthBytesPerSecond &&
			(efficiency ?? 0) < (device.efficiency ?? 0);
		// Other work on the machine only makes it slower.
		if (isSlower) return [];
		return [
			{
				kind: "device",
				measurement: {
					device: this.#keyOf(device),
					...(bandwidthBytesPerSecond !== undefined && {
						bandwidthBytesPerSecond,
					}),
					...(efficiency !== undefined && { efficiency }),
					measuredAtMs: this.#nowMs,
				},
			},
		];
	}

	#loadKey(model: ModelDescription, devices: readonly Device[]): string {
		return loadKey({
			file: model.file,
			fileBytes: model.fileBytes,
			devices: devices.map((it) => this.#keyOf(it)),
		});
	}

	#keyOf({ id, name, totalBytes }: Device): string {
		return deviceKey({
			backend: id.split(/\d/, 1)[0] ?? "",
			name,
			totalBytes,
			driver: this.#driver,
		});
	}
}
