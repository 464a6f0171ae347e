/** Engine processes of this checkout, as Linux lists them. */

import { readdirSync, readFileSync } from "node:fs";
import { until } from "../until.ts";
import { engineFile } from "./realEngine.ts";

/** Those that descend from the given process: other suites run engines at the same time. */
function enginesBelow(ancestor: number): number[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.map(Number)
		.filter((pid) => {
			try {
				const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
				return (
					command.split("\0").includes(engineFile) && isBelow(pid, ancestor)
				);
			} catch {
				// It has ended meanwhile.
				return false;
			}
		});
}

/** Waits for one that runs. */
export async function untilEngineBelow(ancestor: number): Promise<number> {
	return await until("an engine process", () => enginesBelow(ancestor)[0]);
}

function isBelow(pid: number, ancestor: number): boolean {
	for (let it = pid; it > 1; it = parentOf(it))
		if (it === ancestor) return true;
	return false;
}

export function parentOf(pid: number): number {
	const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
	// The program's name stands in parentheses and may hold anything.
	return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}
