/** Whether the machine runs on battery, as its system tells. */

import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Asked on behalf of typing, so it never waits: it tells what was last read, and reads again in the background. */
export class PowerSource {
	readonly #read: () => Promise<boolean>;
	readonly #now: () => number;
	readonly #minIntervalMs: number;
	#isOnBattery = false;
	#readMs = Number.NEGATIVE_INFINITY;

	/** @param read may reject: then the machine counts as one on mains power. */
	constructor(
		read: () => Promise<boolean> = readPowerSource,
		now: () => number = () => performance.now(),
		minIntervalMs = defaultIntervalMs,
	) {
		this.#read = read;
		this.#now = now;
		this.#minIntervalMs = minIntervalMs;
	}

	get isOnBattery(): boolean {
		const nowMs = this.#now();
		if (nowMs - this.#readMs >= this.#minIntervalMs) {
			this.#readMs = nowMs;
			void this.#update();
		}
		return this.#isOnBattery;
	}

	async #update(): Promise<void> {
		this.#isOnBattery = await this.#read().catch(() => false);
	}
}

/** PowerShell takes a second of processor time to start. */
const defaultIntervalMs = process.platform === "win32" ? 300_000 : 60_000;
const timeout = 10_000;

async function readPowerSource(): Promise<boolean> {
	switch (process.platform) {
		case "linux":
			return readSupplies("/sys/class/power_supply");
		case "darwin": {
			const { stdout } = await run("/usr/bin/pmset", ["-g", "batt"], {
				timeout,
			});
			return tellsBattery(stdout);
		}
		case "win32": {
			const root = process.env["SystemRoot"] ?? "C:\\Windows";
			const shell = "System32\\WindowsPowerShell\\v1.0\\powershell.exe";
			const query = "(Get-CimInstance Win32_Battery).BatteryStatus";
			const { stdout } = await run(
				path.win32.join(root, shell),
				["-NoProfile", "-NonInteractive", "-Command", query],
				{ timeout, windowsHide: true },
			);
			return isDischarging(stdout);
		}
		default:
			return false;
	}
}

/** The first line of `pmset -g batt`. */
export function tellsBattery(output: string): boolean {
	return /^Now drawing .*Battery Power/.test(output);
}

/** The status of each battery, one a line: 1 is discharging, as are 4 (low) and 5 (critical). */
export function isDischarging(statuses: string): boolean {
	return statuses.split("\n").some((it) => /^[145]$/.test(it.trim()));
}

/** A folder of the Linux kernel: one folder for each supply. */
export async function readSupplies(folder: string): Promise<boolean> {
	const supplies = await Promise.all(
		(await readdir(folder)).map(async (name) => {
			const value = async (file: string): Promise<string> =>
				(
					await readFile(path.join(folder, name, file), "utf8").catch(() => "")
				).trim();
			return {
				type: await value("type"),
				// Of a mouse or a headset.
				isOfDevice: (await value("scope")) === "Device",
				isOnline: (await value("online")) === "1",
				status: await value("status"),
			};
		}),
	);
	const own = supplies.filter(({ isOfDevice }) => !isOfDevice);
	const hasMains = own.some((it) => it.type !== "Battery" && it.isOnline);
	return (
		!hasMains &&
		own.some((it) => it.type === "Battery" && it.status === "Discharging")
	);
}
