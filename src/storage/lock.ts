/** Locks between windows: each has an extension host of its own, and all share the folder of the models. */

import fs from "node:fs/promises";
import { codeOf } from "./disk.ts";

export type Unlock = () => Promise<void>;

/** How old a lock without a process in it must be: its owner is just about to write that. */
const settledMs = 5000;

/** Undefined where someone holds it. A lock whose process has ended counts as free. */
export async function takeLock(file: string): Promise<Unlock | undefined> {
	for (const attempt of ["first", "after a stale one"])
		try {
			await fs.writeFile(file, String(process.pid), { flag: "wx" });
			return () => fs.rm(file, { force: true });
		} catch (thrown) {
			if (codeOf(thrown) !== "EEXIST") throw thrown;
			if (attempt !== "first" || (await isHeld(file))) return undefined;
			await fs.rm(file, { force: true });
		}
	return undefined;
}

/** Waits for one that is held for moments only. */
export async function waitForLock(file: string): Promise<Unlock | undefined> {
	for (let attempt = 0; attempt < 100; attempt++) {
		const unlock = await takeLock(file);
		if (unlock) return unlock;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	return undefined;
}

async function isHeld(file: string): Promise<boolean> {
	try {
		const owner = Number(await fs.readFile(file, "utf8"));
		if (owner > 0) return isRunning(owner);
		return Date.now() - (await fs.stat(file)).mtimeMs < settledMs;
	} catch {
		return false;
	}
}

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (thrown) {
		// Of another user, but there.
		return codeOf(thrown) === "EPERM";
	}
}
