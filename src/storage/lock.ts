/** Lock files between windows: each window has an extension host of its own, and all share the folders. */

import fs from "node:fs/promises";
import path from "node:path";
import { codeOf } from "./fileErrors.ts";

export type Unlock = () => Promise<void>;

/** A lock without a process id is abandoned when it is this old: its owner writes the id right after creating it. */
const maxUnsignedMs = 5_000;
/** No work under `withLock` takes this long. An id of a process may be in use again, by a process that knows nothing of the lock. */
const maxBriefMs = 60_000;
/** Each but the first follows a lock that was abandoned or released meanwhile. */
const maxAttempts = 3;
const maxWaitMs = 10_000;
const retryMs = 20;

/**
 * Undefined where someone holds the lock. A lock whose process has ended counts as free.
 *
 * @param maxAgeMs an older lock counts as free too.
 */
export async function takeLock(
	file: string,
	maxAgeMs = Number.POSITIVE_INFINITY,
): Promise<Unlock | undefined> {
	for (let attempts = 0; attempts < maxAttempts; attempts++)
		try {
			await fs.writeFile(file, String(process.pid), { flag: "wx" });
			return () => fs.rm(file, { force: true });
		} catch (thrown) {
			if (codeOf(thrown) !== "EEXIST") throw thrown;
			const state = await stateOf(file, maxAgeMs);
			if (state === "held") return undefined;
			// One that was released meanwhile must not be removed: by now it may be another window's.
			if (state === "abandoned") await fs.rm(file, { force: true });
		}
	return undefined;
}

/**
 * Runs the work while it holds a lock that everyone holds for moments only: waits for it up to ten seconds, and takes one that is older
 * than any such work to be abandoned. Rejects where the lock stays held.
 */
export async function withLock<Value>(
	file: string,
	work: () => Promise<Value>,
): Promise<Value> {
	const unlock = await waitForLock(file);
	if (!unlock)
		throw new Error(
			`another window keeps ${path.basename(file, ".lock")} locked`,
		);
	try {
		return await work();
	} finally {
		await unlock();
	}
}

async function waitForLock(file: string): Promise<Unlock | undefined> {
	const deadlineMs = Date.now() + maxWaitMs;
	for (;;) {
		const unlock = await takeLock(file, maxBriefMs);
		if (unlock || Date.now() > deadlineMs) return unlock;
		await new Promise((resolve) => setTimeout(resolve, retryMs));
	}
}

async function stateOf(
	file: string,
	maxAgeMs: number,
): Promise<"held" | "abandoned" | "released"> {
	try {
		const owner = Number(await fs.readFile(file, "utf8"));
		const ageMs = Date.now() - (await fs.stat(file)).mtimeMs;
		const isHeld =
			owner > 0 ? ageMs < maxAgeMs && isRunning(owner) : ageMs < maxUnsignedMs;
		return isHeld ? "held" : "abandoned";
	} catch (thrown) {
		if (codeOf(thrown) === "ENOENT") return "released";
		throw thrown;
	}
}

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (thrown) {
		// It runs as another user.
		return codeOf(thrown) === "EPERM";
	}
}
