/** What was learned of this machine, as a load asks for it, and what a load adds to it. */

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
import type { LoadStrategy, StepRequest } from "./loadStrategies.ts";

/** A smaller model is read from a cache, and tells nothing of the memory behind it. */
const tellingReadBytes = 256 * 2 ** 20;

/** Where reading takes less, what is measured is everything else: starting kernels, sampling, the way between processes. */
const tellingReadMs = 5;

const dayMs = 24 * 60 * 60_000;

/** What ended the process may have been an accident. */
const badForMs = 14 * dayMs;

export class MachineProfile {
	readonly #record: MachineRecord;
	/** Of the graphics driver and of llama.cpp: what was learned with another one counts no more. */
	readonly #driver: string;

	readonly #nowMs: number;

	constructor(record: MachineRecord, driver: string, nowMs: number) {
		this.#record = record;
		this.#driver = driver;
		this.#nowMs = nowMs;
	}

	/** The devices as they proved to be. */
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

	/** What loads of this model have shown. A load that took less than was planned may do so no more: only what was missing counts. */
	ofLoads(model: ModelDescription): StepRequest["knowledge"] {
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
			isBad: (step) => this.#badMarks(model, step).length > 0,
		};
	}

	/** Why this way to load it is not taken. */
	whyBad(model: ModelDescription, step: LoadStrategy): string | undefined {
		return this.#badMarks(model, step).at(-1)?.why;
	}

	/** What is reported with a load, so that it is known by it where it ends the process: before the weights are there, and after. */
	stepKey(
		model: ModelDescription,
		{ place, key, devices }: LoadStrategy,
		phase: "loading" | "warmingUp",
	): string {
		const how = phase === "loading" ? place : key;
		return stepKey(this.#loadKey(model, devices), how);
	}

	#badMarks(model: ModelDescription, step: LoadStrategy): readonly BadLoad[] {
		return (["loading", "warmingUp"] as const).flatMap((phase) => {
			const bad = badLoad(this.#record, {
				file: model.file,
				step: this.stepKey(model, step, phase),
			});
			return bad && this.#nowMs - bad.seenAtMs < badForMs ? [bad] : [];
		});
	}

	/** What a load that went as planned showed: what it took beyond the plan, and how fast its device is. */
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
			...(plan.isWhole && this.#tellsMore(learned)
				? [{ kind: "load", residual: learned } as const]
				: []),
			...this.#fromDecode(plan, speed),
		];
	}

	/** A small context shows less of what may be missing than a large one did; what is out of all bounds was somebody else's memory. */
	#tellsMore(learned: LoadResidual): boolean {
		if (!LoadResidual.safeParse(learned).success) return false;
		const known = residualFor(this.#record, learned.load);
		return (
			!known ||
			learned.contextWindow >= known.contextWindow ||
			learned.gpuBytes + learned.hostBytes > known.gpuBytes + known.hostBytes
		);
	}

	/** Of the RAM, where its speed is to be measured: a machine that was busy then has another chance the next day. */
	ramToMeasure(devices: readonly Device[]): string | undefined {
		const ram = devices.find(({ kind }) => kind === "cpu");
		if (!ram) return undefined;
		const key = this.#keyOf(ram);
		const atMs = measurementOf(this.#record, key)?.measuredAtMs;
		return atMs === undefined || this.#nowMs - atMs > dayMs ? key : undefined;
	}

	/** Of several devices that work one after the other, none tells how fast it is. */
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
		// The first decode compiles and warms up.
		if (bytesRead < tellingReadBytes || readMs < tellingReadMs || rounds < 2)
			return [];
		const { bandwidthBytesPerSecond, efficiency } = withMeasurement(device, {
			bytesRead,
			layers: shape.layers.length,
			mixtureOfExperts: shape.experts > 0,
			tokensPerSecond,
		});
		const isSlower =
			bandwidthBytesPerSecond === device.bandwidthBytesPerSecond &&
			(efficiency ?? 0) < (device.efficiency ?? 0);
		// Other work on the machine only ever makes it slower.
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
			backend: id.replace(/\d.*$/, ""),
			name,
			totalBytes,
			driver: this.#driver,
		});
	}
}
