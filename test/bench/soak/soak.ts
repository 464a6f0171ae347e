/**
 * `npm run bench -- soak`: a long session at random, with an engine that is killed and frozen, and a disk that is full. Everything that is
 * asked for must end; memory, handles and listeners must not grow.
 */

import { readdirSync, readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { RealEngine } from "../../support/models/realEngine.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { BlockMeter } from "./blockMeter.ts";
import { createFullDisk } from "./fullDisk.ts";
import { type SoakWorld, soakFolder, soakWorks } from "./soakWork.ts";
import { type Sample, type Trend, trendOf } from "./trend.ts";

export interface SoakOptions {
	readonly minutes: number;
	readonly seed: number;
}

export interface SoakFigures {
	readonly minutes: number;
	readonly seed: number;
	readonly disk: string;
	/** By piece of work and how it ended. */
	readonly ended: Readonly<Record<string, Readonly<Record<string, number>>>>;
	/** What threw, with its first message. */
	readonly thrown: Readonly<Record<string, string>>;
	/** Pieces of work that had not ended a minute after the session. */
	readonly open: readonly string[];
	readonly longestWorkMs: number;
	/** The longest turn of the event loop on the extension's side, after the first minute. */
	readonly longestBlockMs: number;
	readonly trends: Readonly<Record<string, Trend>>;
}

/** How many things happen at once. */
const workers = 3;
const sampleMs = 5_000;
const toldBlockMs = 30;
/** The engine may be frozen, and restarts after ten seconds of silence. */
const drainMs = 60_000;

export async function benchSoak({
	minutes,
	seed,
}: SoakOptions): Promise<SoakFigures> {
	const { folder, remove } = soakFolder();
	const disk = createFullDisk();
	const engine = new RealEngine();
	const random = seededRandom(seed);
	const world: SoakWorld = { engine, random, disk, folder };
	const startMs = performance.now();
	const sinceStart = () => (performance.now() - startMs) / 60_000;
	const open = new Map<symbol, string>();
	const ended: Record<string, Record<string, number>> = {};
	const thrown: Record<string, string> = {};
	const samples: Record<string, Sample[]> = {};
	let longestWorkMs = 0;
	const stopping = new AbortController();

	const one = async (): Promise<void> => {
		const [name, work] = chosen(random);
		const key = Symbol(name);
		const beganMs = performance.now();
		open.set(key, `${name}, begun after ${sinceStart().toFixed(2)} min`);
		let outcome: string;
		try {
			outcome = await work(world, stopping.signal);
		} catch (reason) {
			outcome = "threw";
			thrown[name] ??=
				reason instanceof Error ? reason.message : String(reason);
		}
		open.delete(key);
		longestWorkMs = Math.max(longestWorkMs, performance.now() - beganMs);
		const outcomes = ended[name] ?? {};
		outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
		ended[name] = outcomes;
	};
	const worker = async (): Promise<void> => {
		while (sinceStart() < minutes) await one();
	};
	const sample = (): void => {
		collectGarbage();
		for (const [name, value] of Object.entries(measured(engine.pid)))
			samples[name] = [
				...(samples[name] ?? []),
				{ minutes: sinceStart(), value },
			];
		// The log of a session is the test's own memory.
		engine.lines.splice(0, Math.max(0, engine.lines.length - 500));
	};

	let hasSettled = false;
	const blocks = new BlockMeter((ms) => {
		if (hasSettled && ms > toldBlockMs)
			console.error(
				`a turn of ${Math.round(ms)} ms, with ${[...open.values()].join("; ")}`,
			);
	});
	blocks.start();
	const sampling = setInterval(() => {
		blocks.stop();
		sample();
		// Starting up is allowed to take longer, and collecting garbage is ours.
		if (!hasSettled && sinceStart() > 1) {
			hasSettled = true;
			blocks.reset();
		}
		blocks.start();
		console.error(
			`${sinceStart().toFixed(1)} of ${minutes} min, ${open.size} open`,
		);
	}, sampleMs);
	try {
		const all = Promise.all(Array.from({ length: workers }, worker));
		await within(all, minutes * 60_000 + drainMs);
		stopping.abort();
		await within(all, drainMs);
	} finally {
		clearInterval(sampling);
		blocks.stop();
		sample();
		await within(engine.stop(), drainMs);
		disk.remove();
		remove();
	}
	return {
		minutes,
		seed,
		disk: disk.kind,
		ended,
		thrown,
		open: [...open.values()],
		longestWorkMs: Math.round(longestWorkMs),
		longestBlockMs: Math.round(blocks.longestMs),
		trends: Object.fromEntries(
			Object.entries(samples).map(([name, them]) => [name, trendOf(them)]),
		),
	};
}

function chosen(
	random: () => number,
): readonly [string, (typeof soakWorks)[string][1]] {
	const all = Object.entries(soakWorks);
	const total = all.reduce((sum, [, [weight]]) => sum + weight, 0);
	let left = random() * total;
	for (const [name, [weight, work]] of all) {
		left -= weight;
		if (left < 0) return [name, work];
	}
	throw new Error("the weights add up");
}

function collectGarbage(): void {
	setFlagsFromString("--expose_gc");
	(runInNewContext("gc") as () => void)();
}

function measured(enginePid: number): Readonly<Record<string, number>> {
	const { heapUsed, rss } = process.memoryUsage();
	const engineBytes = residentBytes(enginePid);
	const resources = process.getActiveResourcesInfo();
	return {
		hostHeapMB: heapUsed / 2 ** 20,
		hostRssMB: rss / 2 ** 20,
		...(engineBytes > 0 && { engineRssMB: engineBytes / 2 ** 20 }),
		handles: openFiles(),
		timers: resources.filter((it) => it === "Timeout").length,
		otherResources: resources.filter((it) => it !== "Timeout").length,
		listeners: process
			.eventNames()
			.reduce((sum, name) => sum + process.listenerCount(name), 0),
	};
}

/** Zero where it does not run, or the system does not tell. */
function residentBytes(pid: number): number {
	try {
		const status = readFileSync(`/proc/${pid}/status`, "utf8");
		return 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
	} catch {
		return 0;
	}
}

function openFiles(): number {
	try {
		return readdirSync("/proc/self/fd").length;
	} catch {
		return 0;
	}
}

/** Resolves after the work, or after the time without it. */
async function within(work: Promise<unknown>, ms: number): Promise<void> {
	let timer: NodeJS.Timeout | undefined;
	await Promise.race([
		work,
		new Promise((resolve) => {
			timer = setTimeout(resolve, ms);
		}),
	]);
	clearTimeout(timer);
}
