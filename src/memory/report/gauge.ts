/** What the memory gauge shows: how full the memory is that the model runs in, and what of it goes where. Pure. */

import { assertNever } from "../../base/assert.ts";
import type { Device } from "../../protocol/device.ts";
import type { EngineStatus, HeldMemory } from "../../protocol/engineStatus.ts";
import { marginBytes } from "../machine/devices.ts";

export type GaugeState =
	| "stopped"
	| "loading"
	| "ready"
	| "generating"
	/** Suggestions are not made by themselves now. */
	| "paused"
	/** So little memory is free that other programs, or the next model, may find none. */
	| "pressure"
	/** Part of the model is not in the memory that it was meant for. */
	| "spill"
	| "failed"
	| "crashed";

/** In the order in which they lie in memory as it is drawn; together they are all of it. */
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
	/** Those whose memory it is, as their drivers spell them. */
	readonly devices: readonly string[];
	/** RAM that an integrated GPU takes from is `cpu`. */
	readonly kind: "discrete" | "unified" | "cpu";
	readonly totalBytes: number;
	/** They add up to the total exactly. */
	readonly bytes: Readonly<Record<GaugePart, number>>;
}

const fullLevel = 8;

export interface Gauge {
	readonly state: GaugeState;
	/** The memory that the model is evaluated from first, and then the others; none while no model is ready. */
	readonly memories: readonly GaugeMemory[];
	/** Of the first memory, by everything: 0 to `fullLevel`. */
	readonly level: number;
	/** Of the first memory, such as `5.2/8.0 GB`; empty where there is none. */
	readonly usage: string;
}

export interface GaugeFacts {
	readonly status: EngineStatus;
	/** As they were last seen; where one is missing, it is as after the load. */
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
 * The parts in whole units, for a table whose lines add up as they are read: rounded where each begins and ends, so that none is off by more
 * than one unit.
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
			if (isPaused && status.kind === "ready") return "paused";
			if (status.load.warning) return "spill";
			return memories.some(isShort) ? "pressure" : status.kind;
		default:
			return assertNever(status);
	}
}

/** Less than half of what a plan leaves free. */
function isShort({ kind, totalBytes, bytes }: GaugeMemory): boolean {
	return bytes.free < marginBytes({ kind, totalBytes }) / 2;
}

function levelOf(memory: GaugeMemory): number {
	return Math.round((usedBytes(memory) / memory.totalBytes) * fullLevel);
}

/** One unit for both, that of the total. */
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
	const { memory } = status.load;
	const held = (memory.length > 0 ? memory : devices.map(holdingNothing)).map(
		(it) => asSeen(it, devices),
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

/** Of a model that could not be planned it is not known what is where: all that is in use counts as that of others. */
function holdingNothing(device: Device): HeldMemory {
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

function asSeen(held: HeldMemory, devices: readonly Device[]): HeldMemory {
	const seen = devices.find(
		({ name, kind }) => name === held.device && kind === held.kind,
	);
	if (!seen) return held;
	const { freeBytes, totalBytes } = seen;
	return { ...held, freeBytes, totalBytes };
}

/** What an integrated GPU holds is in the RAM. */
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
	// Where less was allocated than was planned, the buffers make up for it, and may be less than nothing.
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
	// A system counts a mapped file as free, because it can read it again.
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
