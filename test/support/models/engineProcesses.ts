/** Processes that run this checkout's engine, as Linux tells of them. */

import { readdirSync, readFileSync } from "node:fs";
import { engineFile } from "./realEngine.ts";

export function engineProcesses(): number[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.filter((pid) => {
			try {
				const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split(
					"\0",
				);
				return command.includes(engineFile);
			} catch {
				return false;
			}
		})
		.map(Number);
}

export function parentOf(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
	// The name of the program stands in parentheses and may hold anything.
	return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}
