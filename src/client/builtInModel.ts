/** What to load, from the settings and the place where the extension is installed. */

import path from "node:path";
import type { LoadOptions } from "../protocol/engineProtocol.ts";
import type { MachineRecord } from "../protocol/machineRecord.ts";

/**
 * The context window that the built-in model was trained in. Its header allows more, and there it rambles.
 */
const builtInContextWindow = 768;

export interface ModelChoice {
	/** Empty for the built-in model. */
	readonly file: string;
	readonly gpu: LoadOptions["gpu"];
	readonly partialOffload: boolean;
	/** 0 leaves one core free. */
	readonly threads: number;
	readonly latencyTargetMs: number;
	/** What is known of this machine; without it nothing is learned either. */
	readonly record?: MachineRecord;
}

export function loadOptionsFor(
	choice: ModelChoice,
	extensionFolder: string,
): LoadOptions {
	const { file, gpu, partialOffload, threads, latencyTargetMs } = choice;
	const builtIn = path.join(
		extensionFolder,
		"media",
		"models",
		"headroom-7m-q8_0.gguf",
	);
	const isBuiltIn = file === "" || path.resolve(file) === path.resolve(builtIn);
	return {
		file: isBuiltIn ? builtIn : file,
		gpu,
		partialOffload,
		threads: threads === 0 ? null : threads,
		contextWindow: isBuiltIn ? builtInContextWindow : null,
		latencyTargetMs,
		record: choice.record ?? null,
	};
}
