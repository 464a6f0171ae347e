/**
 * What was learned of this machine: how fast its devices proved to be, what loads really took, and which of them ended the engine.
 *
 * Invariants: it holds no text of the user's, and of a model's path the base name alone. What makes no sense does not get in, neither from
 * a file nor from a measurement. Every table is bounded, and its latest entries stand last.
 */

import * as z from "zod/mini";

/** In each table. A machine has some devices and some dozen models; what is older than so many entries was long replaced. */
export const maxEntries = 200;

/** A key holds a file's name and those of the devices, which may be anything. */
const maxCharacters = 1000;

const text = z.string().check(z.minLength(1), z.maxLength(maxCharacters));
const timeMs = z.number().check(z.nonnegative());

/** From a floppy disk to a hundred times the fastest accelerator: anything else is an error of measuring. */
const bandwidth = z.number().check(z.gte(1e6), z.lte(1e15));

/** Estimates are some percent off, and no model of a hundred gigabytes is loaded here: more than this was somebody else's memory. */
const maxResidualBytes = 4 * 2 ** 30;
const residualBytes = z
	.number()
	.check(z.gte(-maxResidualBytes), z.lte(maxResidualBytes));

/** How fast a device proved to be. */
export const DeviceMeasurement = z.readonly(
	z.object({
		/** From `deviceKey`. */
		device: text,
		bandwidthBytesPerSecond: z.exactOptional(bandwidth),
		/** Share of that bandwidth which decoding reaches. */
		efficiency: z.exactOptional(z.number().check(z.positive(), z.lte(1))),
		/** Since the epoch. */
		measuredAtMs: timeMs,
	}),
);
export type DeviceMeasurement = z.infer<typeof DeviceMeasurement>;

/** What a load took beyond what was predicted, of each memory; less than nothing where the prediction was too high. */
export const LoadResidual = z.readonly(
	z.object({
		/** From `loadKey`. */
		load: text,
		gpuBytes: residualBytes,
		hostBytes: residualBytes,
		/** Tokens of one sequence, when this was seen. */
		contextWindow: z.int().check(z.positive()),
		sequences: z.int().check(z.positive()),
		kvType: text,
		seenAtMs: timeMs,
	}),
);
export type LoadResidual = z.infer<typeof LoadResidual>;

/** A load in the middle of which the engine ended. */
export const BadLoad = z.readonly(
	z.object({
		/** Base name of the model's file, for who wants it forgiven. */
		file: text,
		/** What was tried, as the engine puts it: from `stepKey`. */
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

/** What a load showed. */
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
	/** The library's name of it, such as `vulkan`; `cpu` for the RAM. */
	readonly backend: string;
	readonly name: string;
	readonly totalBytes: number;
	/** Another one after the driver changed. */
	readonly driver: string;
}

/** What a system reports of its RAM differs by some megabytes from one kernel to the next. */
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
	/** A path; its base name counts. */
	readonly file: string;
	readonly fileBytes: number;
	/** From `deviceKey`, of each device that takes part: a new driver has buffers of another size. */
	readonly devices: readonly string[];
}

export function loadKey({ file, fileBytes, devices }: LoadFacts): string {
	return keyOf([baseName(file), `${fileBytes} B`, ...devices]);
}

/** @param how what else decides whether this goes well, such as `window=3200 kv=f16`. */
export function stepKey(load: string, how: string): string {
	return keyOf([load, how]);
}

function keyOf(parts: readonly string[]): string {
	return parts.map(oneLine).join(" | ");
}
//#endregion

//#region What is learned
/**
 * An efficiency is a share of a bandwidth: with a new bandwidth the old one is gone, and a new one without a bandwidth is of the one that is
 * known.
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

/** Replaces what was seen of this load before. */
export function withResidual(
	record: MachineRecord,
	residual: LoadResidual,
): MachineRecord {
	return {
		...record,
		residuals: withEntry(record.residuals, LoadResidual, residual, ["load"]),
	};
}

/** Folders are left out of the file and of the reason. */
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

/** All may be tried again. */
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

/** How this very step ended the engine; undefined where it did not. */
export function badLoad(
	{ badLoads }: MachineRecord,
	{ file, step }: Pick<BadLoad, "file" | "step">,
): BadLoad | undefined {
	const name = baseName(file);
	return badLoads.find((it) => it.file === name && it.step === step);
}
//#endregion

/** Entries that make no sense are left out, one by one. */
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

/** The entry goes last, in place of the one that these say is of the same thing. */
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

/** Folders may have spaces in their names: all goes from the first word with a separator to the last separator. */
function withoutFolders(text: string): string {
	return text.replace(/[^\s'"`(]*[\\/](?:[^'"`]*[\\/])?/g, "");
}
