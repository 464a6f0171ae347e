/**
 * What Headroom has learned about this machine: the speed of its devices, the residuals of loads, and the loads that crashed the
 * engine.
 *
 * Invariants: no text of the user, and of a model's path only the base name. Values out of range are rejected, whether from a file or
 * a measurement. Every table is bounded, with its latest entries last.
 */

import * as z from "zod/mini";

/** Entries per table. A machine has some devices and some dozen models; older entries are long outdated. */
export const maxEntries = 200;

/** A key contains names of files and devices, which may hold anything. */
const maxCharacters = 1000;

const text = z.string().check(z.minLength(1), z.maxLength(maxCharacters));
const timeMs = z.number().check(z.nonnegative());

/** Sane limits, from a floppy disk to a hundred times the fastest accelerator; anything else is a measurement error. */
const bandwidth = z.number().check(z.gte(1e6), z.lte(1e15));

/** Estimates are some percent off, and nobody loads a model of a hundred gigabytes here: a larger residual is memory of another program. */
const maxResidualBytes = 4 * 2 ** 30;
const residualBytes = z
	.number()
	.check(z.gte(-maxResidualBytes), z.lte(maxResidualBytes));

/** Measured speed of a device. */
export const DeviceMeasurement = z.readonly(
	z.object({
		/** From `deviceKey`. */
		device: text,
		bandwidthBytesPerSecond: z.exactOptional(bandwidth),
		/** Share of that bandwidth that decoding reaches. */
		efficiency: z.exactOptional(z.number().check(z.positive(), z.lte(1))),
		/** Milliseconds since the epoch. */
		measuredAtMs: timeMs,
	}),
);
export type DeviceMeasurement = z.infer<typeof DeviceMeasurement>;

/** What a load took beyond its prediction in each memory; negative if it took less. */
export const LoadResidual = z.readonly(
	z.object({
		/** From `loadKey`. */
		load: text,
		gpuBytes: residualBytes,
		hostBytes: residualBytes,
		/** Tokens per sequence at that time. */
		contextWindow: z.int().check(z.positive()),
		sequences: z.int().check(z.positive()),
		kvType: text,
		seenAtMs: timeMs,
	}),
);
export type LoadResidual = z.infer<typeof LoadResidual>;

/** A load that crashed the engine. */
export const BadLoad = z.readonly(
	z.object({
		/** Base name of the model's file, to clear its entries. */
		file: text,
		/** The fallback step, from `stepKey`. */
		step: text,
		/** One line. */
		why: z.string().check(z.maxLength(maxCharacters)),
		seenAtMs: timeMs,
	}),
);
export type BadLoad = z.infer<typeof BadLoad>;

export const MachineRecord = z.readonly(
	z.object({
		version: z.literal(1),
		devices: table(DeviceMeasurement),
		residuals: table(LoadResidual),
		badLoads: table(BadLoad),
	}),
);
export type MachineRecord = z.infer<typeof MachineRecord>;

/** An observation from a load. */
export const Learned = z.discriminatedUnion("kind", [
	z.object({ kind: z.literal("device"), measurement: DeviceMeasurement }),
	z.object({ kind: z.literal("load"), residual: LoadResidual }),
]);
export type Learned = z.infer<typeof Learned>;

export const emptyRecord: MachineRecord = {
	version: 1,
	devices: [],
	residuals: [],
	badLoads: [],
};

//#region Keys
export interface DeviceFacts {
	/** The backend's name, such as `vulkan`; `cpu` for the RAM. */
	readonly backend: string;
	readonly name: string;
	readonly totalBytes: number;
	/** Changes with the driver. */
	readonly driver: string;
}

/** The reported RAM differs by some megabytes between kernels. */
const sizeStepBytes = 2 ** 28;

export function deviceKey(facts: DeviceFacts): string {
	const { backend, name, totalBytes, driver } = facts;
	const steps = Math.round(totalBytes / sizeStepBytes);
	return keyOf([
		backend,
		name,
		`${(steps * sizeStepBytes) / 2 ** 30} GiB`,
		driver,
	]);
}

export interface LoadFacts {
	/** A path, of which only the base name is used. */
	readonly file: string;
	readonly fileBytes: number;
	/** From `deviceKey`, for each device involved: a new driver allocates buffers of another size. */
	readonly devices: readonly string[];
}

export function loadKey({ file, fileBytes, devices }: LoadFacts): string {
	return keyOf([baseName(file), `${fileBytes} B`, ...devices]);
}

/** @param how the other factors of success, such as `window=3200 kv=f16`. */
export function stepKey(load: string, how: string): string {
	return keyOf([load, how]);
}

function keyOf(parts: readonly string[]): string {
	return parts.map(oneLine).join(" | ");
}
//#endregion

//#region What is learned
/**
 * An efficiency is relative to a bandwidth: a new bandwidth clears it, and a new efficiency without a bandwidth refers to the known
 * one.
 */
export function withDeviceMeasurement(
	record: MachineRecord,
	measurement: DeviceMeasurement,
): MachineRecord {
	const known = measurementOf(record, measurement.device);
	const merged =
		known && measurement.bandwidthBytesPerSecond === undefined
			? { ...known, ...measurement }
			: measurement;
	return {
		...record,
		devices: withEntry(record.devices, DeviceMeasurement, merged, ["device"]),
	};
}

export function withLearned(
	record: MachineRecord,
	learned: Learned,
): MachineRecord {
	return learned.kind === "device"
		? withDeviceMeasurement(record, learned.measurement)
		: withResidual(record, learned.residual);
}

/** Replaces the earlier entry of this load. */
export function withResidual(
	record: MachineRecord,
	residual: LoadResidual,
): MachineRecord {
	return {
		...record,
		residuals: withEntry(record.residuals, LoadResidual, residual, ["load"]),
	};
}

/** Strips folders from the file and from the reason. */
export function withBadLoad(
	record: MachineRecord,
	{ file, step, why, seenAtMs }: BadLoad,
): MachineRecord {
	const bad = {
		file: baseName(file),
		step,
		why: withoutFolders(oneLine(why)).slice(0, maxCharacters),
		seenAtMs,
	};
	return {
		...record,
		badLoads: withEntry(record.badLoads, BadLoad, bad, ["file", "step"]),
	};
}

/** All loads may be tried again. */
export function withoutBadLoads(record: MachineRecord): MachineRecord {
	return { ...record, badLoads: [] };
}
//#endregion

//#region What is known
export function measurementOf(
	{ devices }: MachineRecord,
	device: string,
): DeviceMeasurement | undefined {
	return devices.find((it) => it.device === device);
}

export function residualFor(
	{ residuals }: MachineRecord,
	load: string,
): LoadResidual | undefined {
	return residuals.find((it) => it.load === load);
}

/** How this step crashed the engine; undefined if it did not. */
export function badLoad(
	{ badLoads }: MachineRecord,
	{ file, step }: Pick<BadLoad, "file" | "step">,
): BadLoad | undefined {
	const name = baseName(file);
	return badLoads.find((it) => it.file === name && it.step === step);
}
//#endregion

/** Drops invalid entries one by one. */
function table<Entry extends z.ZodMiniType>(entry: Entry) {
	return z.pipe(
		z.catch(z.array(z.unknown()), []),
		z.transform((raw): readonly z.infer<Entry>[] =>
			raw
				.flatMap((it) => {
					const parsed = entry.safeParse(it);
					return parsed.success ? [parsed.data] : [];
				})
				.slice(-maxEntries),
		),
	);
}

/** Appends the entry and removes those with the same key. */
function withEntry<Entry>(
	entries: readonly Entry[],
	schema: z.ZodMiniType<Entry>,
	entry: Entry,
	sameBy: readonly (keyof Entry)[],
): readonly Entry[] {
	const parsed = schema.safeParse(entry);
	if (!parsed.success) return entries;
	const others = entries.filter((it) =>
		sameBy.some((key) => it[key] !== parsed.data[key]),
	);
	return [...others, parsed.data].slice(-maxEntries);
}

function oneLine(text: string): string {
	return text.replace(/\s+/g, " ").trim();
}

function baseName(file: string): string {
	return file.split(/[\\/]/).at(-1) ?? file;
}

/** Folder names may contain spaces: strips everything from the first word with a separator to the last separator. */
function withoutFolders(text: string): string {
	return text.replace(/(?<![^\s'"`(])[^\s'"`(]*[\\/](?:[^'"`]*[\\/])?/g, "");
}
