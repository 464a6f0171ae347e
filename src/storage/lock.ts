/** Locks between windows: each window has an extension host of its own, and all share the folders. */

import { rm } from "node:fs/promises";
import path from "node:path";
import {
	createLockFile,
	holdsLockFile,
	isAbandoned,
	readLockFile,
	removeLockFile,
} from "./lockFile.ts";

export type Unlock = () => Promise<void>;

export interface HeldLock {
	/** Throws where another process took the lock over: this one stood still for longer than any work under a lock takes. */
	assertHeld(): void;
}

/** No work under `withLock` takes this long. An id of a process may be in use again, by a process that knows nothing of the lock. */
const maxBriefMs = 60_000;
/** Each but the first follows a lock that was abandoned or released meanwhile. */
const maxAttempts = 3;
/** For one owner of the lock; with many, it takes its time until everyone had a turn. */
const maxWaitMs = 10_000;
const maxRetryMs = 20;

/**
 * Undefined where someone holds the lock. A lock whose process has ended counts as free.
 *
 * @param maxAgeMs an older lock counts as free too.
 */
export async function takeLock(
	file: string,
	maxAgeMs = Number.POSITIVE_INFINITY,
): Promise<Unlock | undefined> {
	const taken = await take(file, maxAgeMs);
	return taken.kind === "taken" ? taken.unlock : undefined;
}

/**
 * Runs the work while it holds a lock that everyone holds for moments only: waits while others take turns, and takes a lock that is older
 * than any such work to be abandoned. Rejects where one process keeps it for ten seconds.
 */
export async function withLock<Value>(
	file: string,
	work: (lock: HeldLock) => Promise<Value>,
): Promise<Value> {
	const { id, unlock } = await waitForLock(file);
	const assertHeld = () => {
		if (!holdsLockFile(file, id))
			throw new Error(
				`another window has taken over the lock of ${lockedName(file)}`,
			);
	};
	try {
		return await work({ assertHeld });
	} finally {
		await unlock();
	}
}

interface Taken {
	readonly kind: "taken";
	readonly id: string;
	readonly unlock: Unlock;
}

async function waitForLock(file: string): Promise<Taken> {
	let ownerId: string | undefined;
	let deadlineMs = 0;
	for (;;) {
		const taken = await take(file, maxBriefMs);
		if (taken.kind === "taken") return taken;
		if (taken.ownerId !== ownerId) {
			ownerId = taken.ownerId;
			deadlineMs = performance.now() + maxWaitMs;
		}
		if (performance.now() > deadlineMs)
			throw new Error(`another window keeps ${lockedName(file)} locked`);
		// At random: in step, the same ones would come first each time.
		const pauseMs = Math.random() * maxRetryMs;
		await new Promise((resolve) => setTimeout(resolve, pauseMs));
	}
}

async function take(
	file: string,
	maxAgeMs: number,
): Promise<Taken | { readonly kind: "held"; readonly ownerId: string }> {
	let ownerId = "";
	for (let attempts = 0; attempts < maxAttempts; attempts++) {
		const id = await createLockFile(file);
		if (id !== undefined)
			return { kind: "taken", id, unlock: unlocking(file, id) };
		const found = await readLockFile(file);
		if (!found) continue;
		ownerId = found.id;
		if (!isAbandoned(found, maxAgeMs)) break;
		await removeLockFile(file, found.id, (it) => isAbandoned(it, maxAgeMs));
	}
	return { kind: "held", ownerId };
}

function unlocking(file: string, id: string): Unlock {
	const takenAtMs = Date.now();
	return async () => {
		// From then on, others may be about to remove it.
		const isOld = Date.now() - takenAtMs > maxBriefMs / 2;
		if (isOld) await removeLockFile(file, id, () => true);
		else if (holdsLockFile(file, id)) await rm(file, { force: true });
	};
}

function lockedName(file: string): string {
	return path.basename(file, ".lock");
}
