/**
 * The engine process: connects the engine to the IPC channel of its parent.
 *
 * Invariant: this process never outlives its parent, however the parent ended.
 */

import { readModelFile } from "../models/header/modelFile.ts";
import { readVocabulary } from "../models/header/readVocabulary.ts";
import { messageOf } from "../protocol/errors.ts";
import { Engine } from "./engine.ts";
import { driverVersion } from "./measure/driverVersion.ts";
import { measureRamBandwidth } from "./measure/ramBandwidth.ts";
import { createLlamaRuntime } from "./runtime/llamaRuntime.ts";
import { threadLimit } from "./runtime/machineReadings.ts";

const parentPid = process.ppid;

/** Skips cleanup, because llama.cpp may be working in other threads: the operating system frees everything. */
function exitNow(): never {
	process.kill(process.pid, "SIGKILL");
	process.exit();
}

if (!process.send) {
	process.stderr.write(
		"This is Headroom's engine. The extension starts it; it does nothing on its own.\n",
	);
	process.exit(2);
}

const engine = new Engine({
	createRuntime: createLlamaRuntime,
	readModelFile,
	readVocabulary,
	driver: driverVersion(),
	measureRam: (threads) =>
		measureRamBandwidth({ threads: threads ?? threadLimit() }),
	// Ignore errors: the handlers below deal with a parent that is gone.
	send: (message) => process.send?.(message, undefined, undefined, () => {}),
	onShutdown: () => process.exit(0),
});

process.on("message", (message) => engine.receive(message));
process.on("disconnect", exitNow);
// A killed parent closes the channel too, unless a grandchild keeps it open.
setInterval(() => {
	if (process.ppid !== parentPid) exitNow();
}, 1000).unref();

// The library leaves some harmless rejections unhandled after it disposes a context.
process.on("unhandledRejection", (reason) => {
	process.stderr.write(`unhandled rejection: ${messageOf(reason)}\n`);
});

process.send({ kind: "hello", pid: process.pid });
