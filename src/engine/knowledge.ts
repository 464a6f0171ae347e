/** What was learned of this machine, as a load asks for it, and what a load adds to it. */

import { readBytes } from "../memory/modelCost.ts";
import type { Plan } from "../memory/plan.ts";
import { withMeasurement } from "../memory/roofline.ts";
import type { Device } from "../protocol/device.ts";
import {
	deviceKey,
	isBad,
	type Learned,
	loadKey,
	type MachineRecord,
	measurementOf,
	residualFor,
	stepKey,
} from "../protocol/machineRecord.ts";
import type { ModelDescription } from "../protocol/model.ts";
import { residualOf } from "./loadOutcome.ts";
import type { LoadStep, StepRequest } from "./loadSteps.ts";
import type { AllocatedBytes } from "./runtime.ts";

/** A smaller model is read from a cache, and tells nothing of the memory behind it. */
const tellingReadBytes = 256 * 2 ** 20;

const dayMs = 24 * 60 * 60_000;

export class Knowledge {
	readonly #record: MachineRecord;
	/** Of the graphics driver: what was measured with another one counts no more. */
	readonly #driver: string;

	constructor(record: MachineRecord, driver: string) {
		this.#record = record;
		this.#driver = driver;
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
			isBad: (step) =>
				isBad(this.#record, {
					file: model.file,
					step: this.stepKey(model, step),
				}),
		};
	}

	/** What is reported with a load, so that it is known by it where it ends the process. */
	stepKey(model: ModelDescription, { key, devices }: LoadStep): string {
		return stepKey(this.#loadKey(model, devices), key);
	}

	/** What a load showed: what it took beyond the plan, and how fast its device is. */
	fromLoad(
		model: ModelDescription,
		plan: Plan,
		allocated: AllocatedBytes,
		decodeTokensPerSecond: number,
		atMs: number,
	): readonly Learned[] {
		const { placement, contextWindow, sequences, kvType } = plan.request;
		const residual = residualOf(plan, allocated);
		return [
			{
				kind: "load",
				residual: {
					load: this.#loadKey(model, [...placement.gpus, placement.host]),
					gpuBytes: residual.gpu,
					hostBytes: residual.host,
					contextWindow,
					sequences,
					kvType,
					seenAtMs: atMs,
				},
			},
			...this.#fromDecode(plan, decodeTokensPerSecond, atMs),
		];
	}

	/** Of the RAM, where its speed is to be measured: a machine that was busy then has another chance the next day. */
	ramToMeasure(devices: readonly Device[], nowMs: number): string | undefined {
		const ram = devices.find(({ kind }) => kind === "cpu");
		if (!ram) return undefined;
		const key = this.#keyOf(ram);
		const atMs = measurementOf(this.#record, key)?.measuredAtMs;
		return atMs === undefined || nowMs - atMs > dayMs ? key : undefined;
	}

	/** Of several devices that work one after the other, none tells how fast it is. */
	#fromDecode(
		{ request: { placement, model, kvType }, isWhole }: Plan,
		tokensPerSecond: number,
		measuredAtMs: number,
	): readonly Learned[] {
		const [device, ...others] =
			placement.gpus.length > 0 ? placement.gpus : [placement.host];
		const { shape } = model;
		const bytesRead = readBytes(shape, 0, kvType);
		if (!device || others.length > 0 || !isWhole) return [];
		if (bytesRead < tellingReadBytes) return [];
		const { bandwidthBytesPerSecond, efficiency } = withMeasurement(device, {
			bytesRead,
			layers: shape.layers.length,
			mixtureOfExperts: shape.experts > 0,
			tokensPerSecond,
		});
		return [
			{
				kind: "device",
				measurement: {
					device: this.#keyOf(device),
					...(bandwidthBytesPerSecond !== undefined && {
						bandwidthBytesPerSecond,
					}),
					...(efficiency !== undefined && { efficiency }),
					measuredAtMs,
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

	#keyOf({ id, name, kind, totalBytes }: Device): string {
		return deviceKey({
			backend: id.replace(/\d+$/, ""),
			name,
			totalBytes,
			driver: kind === "cpu" ? "" : this.#driver,
		});
	}
}
