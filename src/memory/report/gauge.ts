/** The data of the memory gauge: how full the memory of the model is, and what uses it. Pure. */

import { assertNever } from "../../base/assert.ts";
import type { Device } from "../../protocol/device.ts";
import {
	type EngineStatus,
	type HeldMemory,
	heldMemory,
	isLoadingChat,
	ownChat,
	warningsOf,
} from "../../protocol/engineStatus.ts";
import { marginBytes } from "../machine/devices.ts";

export type GaugeState =
	| "stopped"
	| "loading"
	| "ready"
	| "generating"
	/** Automatic suggestions are off or snoozed. */
	| "paused"
	/** Little memory is left for other programs or a larger model. */
	| "pressure"
	/** Part of the model is not on the planned device. */
	| "spill"
	| "failed"
	| "crashed";

/** In drawing order; together they add up to the whole memory. */
export const gaugeParts = [
	"weights",
	"kvCache",
	"buffers",
	"draft",
	/** Used by other programs. */
	"others",
	"free",
] as const;
export type GaugePart = (typeof gaugeParts)[number];

/** One memory, which several devices may share. */
export interface GaugeMemory {
	/** The devices that use it, by their driver names. */
	readonly devices: readonly string[];
	/** `cpu` includes RAM shared with an integrated GPU. */
	readonly kind: "discrete" | "unified" | "cpu";
	readonly totalBytes: number;
	/** The parts add up to the total exactly. */
	readonly bytes: Readonly<Record<GaugePart, number>>;
}

const fullLevel = 8;

export interface Gauge {
	readonly state: GaugeState;
	/** The memory of the device that evaluates the model comes first. Empty while no model is ready. */
	readonly memories: readonly GaugeMemory[];
	/** Fill level of the first memory: 0 to `fullLevel`. */
	readonly level: number;
	/** Of the first memory, such as `5.2/8.0 GB`; empty if there is none. */
	readonly usage: string;
}

export interface GaugeFacts {
	readonly status: EngineStatus;
	/** Their latest state. If a device is missing, its state after the load is used. */
	readonly devices: readonly Device[];
	readonly isPaused: boolean;
}

export function gaugeOf({ status, devices, isPaused }: GaugeFacts): Gauge {
	const memories = memoriesOf(status, devices);
	const [first] = memories;
	return {
		state: stateOf(status, memories, isPaused),
		memories,
		level: first ? levelOf(first) : 0,
		usage: first ? usageText(first) : "",
	};
}

export function usedBytes({ totalBytes, bytes }: GaugeMemory): number {
	return totalBytes - bytes.free;
}

/**
 * The parts in whole units, rounded so that they still add up to the total: each boundary is rounded, so no part is off by more than
 * one unit.
 */
export function partsIn(
	unitBytes: number,
	{ bytes }: GaugeMemory,
): Readonly<Record<GaugePart, number>> {
	let endBytes = 0;
	const units = gaugeParts.map((part) => {
		const begin = Math.round(endBytes / unitBytes);
		endBytes += bytes[part];
		return [part, Math.round(endBytes / unitBytes) - begin] as const;
	});
	return Object.fromEntries(units) as Record<GaugePart, number>;
}

function stateOf(
	status: EngineStatus,
	memories: readonly GaugeMemory[],
	isPaused: boolean,
): GaugeState {
	switch (status.kind) {
		case "stopped":
			return isPaused ? "paused" : "stopped";
		case "starting":
		case "loading":
		case "warmingUp":
			return "loading";
		case "failed":
		case "crashed":
			return status.kind;
		case "ready":
		case "generating":
			if (isLoadingChat(status)) return "loading";
			if (ownChat(status)?.state === "generating") return "generating";
			if (isPaused && status.kind === "ready") return "paused";
			if (warningsOf(status).length > 0) return "spill";
			return memories.some(isShort) ? "pressure" : status.kind;
		default:
			return assertNever(status);
	}
}

/** Whether less than half of the margin of a plan is free. */
function isShort({ kind, totalBytes, bytes }: GaugeMemory): boolean {
	return bytes.free < marginBytes({ kind, totalBytes }) / 2;
}

function levelOf(memory: GaugeMemory): number {
	return Math.round((usedBytes(memory) / memory.totalBytes) * fullLevel);
}

/** Both figures use the unit of the total. */
function usageText(memory: GaugeMemory): string {
	const { totalBytes } = memory;
	const [unitBytes, unit] =
		totalBytes < 2 ** 30 ? [2 ** 20, "MB"] : [2 ** 30, "GB"];
	const inUnit = (bytes: number) => (bytes / unitBytes).toFixed(1);
	return `${inUnit(usedBytes(memory))}/${inUnit(totalBytes)} ${unit}`;
}

function memoriesOf(
	status: EngineStatus,
	devices: readonly Device[],
): readonly GaugeMemory[] {
	if (status.kind !== "ready" && status.kind !== "generating") return [];
	const memory = heldMemory(status);
	const held = (memory.length > 0 ? memory : devices.map(withoutModel)).map(
		(it) => updated(it, devices),
	);
	const ram = held.filter(
		({ kind }) => kind === "cpu" || kind === "integrated",
	);
	return [
		...held
			.filter(({ kind }) => kind === "discrete" || kind === "unified")
			.map((it) => memoryOf([it], it)),
		...(ram.length > 0 ? [sharedMemory(ram)] : []),
	];
}

/** Without a plan, the distribution of the model is unknown: all used memory counts as used by others. */
function withoutModel(device: Device): HeldMemory {
	const { name, kind, freeBytes, totalBytes } = device;
	return {
		device: name,
		kind,
		weights: 0,
		kvCache: 0,
		buffers: 0,
		draft: 0,
		freeBytes,
		totalBytes,
	};
}

function updated(held: HeldMemory, devices: readonly Device[]): HeldMemory {
	const seen = devices.find(
		({ name, kind }) => name === held.device && kind === held.kind,
	);
	if (!seen) return held;
	const { freeBytes, totalBytes } = seen;
	return { ...held, freeBytes, totalBytes };
}

/** An integrated GPU allocates from RAM. */
function sharedMemory(held: readonly HeldMemory[]): GaugeMemory {
	const ram = held.find(({ kind }) => kind === "cpu") ?? held[0];
	return memoryOf(held, ram ?? { freeBytes: 0, totalBytes: 0 });
}

function memoryOf(
	held: readonly HeldMemory[],
	{ freeBytes, totalBytes }: Pick<HeldMemory, "freeBytes" | "totalBytes">,
): GaugeMemory {
	const sum = (part: "weights" | "kvCache" | "buffers" | "draft") =>
		Math.round(held.reduce((bytes, it) => bytes + it[part], 0));
	// If less was allocated than planned, the difference makes the buffers negative.
	const buffers = sum("buffers");
	const model = {
		weights: Math.max(0, sum("weights") + Math.min(0, buffers)),
		kvCache: sum("kvCache"),
		buffers: Math.max(0, buffers),
		draft: sum("draft"),
	};
	const modelBytes =
		model.weights + model.kvCache + model.buffers + model.draft;
	const total = Math.max(Math.round(totalBytes), modelBytes);
	// Systems count a mapped file as free memory, because they can read it again.
	const free = Math.min(Math.max(0, Math.round(freeBytes)), total - modelBytes);
	return {
		devices: held.map(({ device }) => device),
		kind: kindOf(held),
		totalBytes: total,
		bytes: { ...model, others: total - modelBytes - free, free },
	};
}

function kindOf(held: readonly HeldMemory[]): GaugeMemory["kind"] {
	const kind = held[0]?.kind;
	return kind === "discrete" || kind === "unified" ? kind : "cpu";
}
