/**
 * The engine process: wires the engine to the channel that its parent opened, and makes sure to end with it.
 *
 * Invariant: this process never outlives the one that forked it, whatever way that one ended.
 */

import { readModelFile } from "../models/header/modelFile.ts";
import { readVocabulary } from "../models/header/readVocabulary.ts";
import { messageOf } from "../protocol/errors.ts";
import { Engine } from "./engine.ts";
import { driverVersion } from "./measure/driverVersion.ts";
import { measureRamBandwidth } from "./measure/ramBandwidth.ts";
import { createLlamaRuntime, defaultThreads } from "./runtime/llamaRuntime.ts";

const parentPid = process.ppid;

/** llama.cpp may be at work in other threads: nothing of it needs to be put away, the system takes all back. */
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
		measureRamBandwidth({ threads: threads ?? defaultThreads() }),
	// The parent may be gone between two looks; its absence is dealt with below.
	send: (message) => process.send?.(message, undefined, undefined, () => {}),
	onShutdown: () => process.exit(0),
});

process.on("message", (message) => engine.receive(message));
process.on("disconnect", exitNow);
// A parent that was killed closes the channel too. This is for the case that a grandchild keeps it open.
setInterval(() => {
	if (process.ppid !== parentPid) exitNow();
}, 1000).unref();

// The library leaves some of its own rejections unhandled, after a context is disposed; they harm nothing.
process.on("unhandledRejection", (reason) => {
	process.stderr.write(`unhandled rejection: ${messageOf(reason)}\n`);
});

process.send({ kind: "hello", pid: process.pid });
