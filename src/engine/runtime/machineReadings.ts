/** What this process may use of its machine, read from the system. */

import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { MemoryReading, ReadText } from "../../memory/machine/cgroups.ts";
import { linuxCores, linuxMemory } from "../../memory/machine/linuxMachine.ts";

const readText: ReadText = (file) => {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return undefined;
	}
};

/** Undefined where only llama.cpp knows. */
export function systemMemory(): MemoryReading | undefined {
	return process.platform === "linux" ? linuxMemory(readText) : undefined;
}

/**
 * How many threads may pay, at least 1.
 *
 * @param mathCores llama.cpp's own count of cores that are good at arithmetic; 0 where it does not say.
 */
export function threadLimit(mathCores = 0): number {
	const processors = Math.max(1, availableParallelism());
	if (process.platform === "linux") return linuxCores(readText, processors);
	return mathCores > 0 ? Math.min(processors, mathCores) : processors;
}
