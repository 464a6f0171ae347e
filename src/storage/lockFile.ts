/**
 * One lock file: creates it, reads it, and removes one that was abandoned.
 *
 * Invariant: a lock file is removed by its owner, or by the one process that holds the claim to just this lock; a claim is a lock file too.
 * Without claims, two processes that find an abandoned lock would each remove it, the second one after a third has taken it.
 */

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, lstat, readFile, rm, writeFile } from "node:fs/promises";
import { codeOf } from "./fileErrors.ts";

export interface LockFile {
	/** NaN where it was not written yet, or by something else. */
	readonly owner: number;
	/** Of this one lock, and no later one under the same name. */
	readonly id: string;
	readonly ageMs: number;
}

/** The process id and the id of the lock. Former versions wrote the process id alone. */
const signature = /^(\d+)(?: ([0-9a-f]{12}))?$/;

/** A lock without a process id is abandoned when it is this old: its owner writes the id right after creating it. */
const maxUnsignedMs = 5_000;

/** What file systems without hard links say to a link: FAT, and some network drives. */
const noHardLinks: ReadonlySet<string | undefined> = new Set([
	"EPERM",
	"ENOTSUP",
	"EOPNOTSUPP",
	"ENOSYS",
	"EXDEV",
	"EISDIR",
	"UNKNOWN",
]);

/** @returns the id of the lock; undefined where there is one already, or something else under its name. */
export async function createLockFile(
	file: string,
): Promise<string | undefined> {
	const id = randomBytes(6).toString("hex");
	const text = textOf(id);
	const temporary = `${file}.${id}.tmp`;
	try {
		// On a full disk, the file appears without its text.
		await writeFile(temporary, text, { flag: "wx" });
		// The lock appears with its owner in it.
		await link(temporary, file);
		return id;
	} catch (thrown) {
		if (codeOf(thrown) === "EEXIST") return undefined;
		if (!noHardLinks.has(codeOf(thrown))) throw thrown;
		return await createWithoutLink(file, id);
	} finally {
		await rm(temporary, { force: true }).catch(() => {});
	}
}

/** Undefined where there is none. */
export async function readLockFile(
	file: string,
): Promise<LockFile | undefined> {
	try {
		const stats = await lstat(file, { bigint: true });
		// Neither pipes nor what a link points to are read.
		const isReadable = stats.isFile() && stats.size < 100n;
		const text = isReadable ? await readFile(file, "utf8") : "";
		const [, owner, id] = signature.exec(text) ?? [];
		return {
			owner: Number(owner ?? Number.NaN),
			id: id ?? `${stats.ino}-${stats.mtimeNs}`,
			ageMs: Date.now() - Number(stats.mtimeMs),
		};
	} catch (thrown) {
		if (codeOf(thrown) === "ENOENT") return undefined;
		throw thrown;
	}
}

/** Whether the lock is still the one with this id. Synchronous, for the moment before something is written under it. */
export function holdsLockFile(file: string, id: string): boolean {
	try {
		return readFileSync(file, "utf8") === textOf(id);
	} catch {
		return false;
	}
}

/** @param maxAgeMs a process that has held the lock for longer is another one with the same id. */
export function isAbandoned(
	{ owner, ageMs }: LockFile,
	maxAgeMs = Number.POSITIVE_INFINITY,
): boolean {
	return Number.isNaN(owner)
		? ageMs >= maxUnsignedMs
		: ageMs >= maxAgeMs || !isRunning(owner);
}

/**
 * Removes the lock, if it still is the one with this id and `mayRemove` agrees. Does nothing where another process is about to.
 * Anyone can call it for any lock that they once read.
 */
export async function removeLockFile(
	file: string,
	id: string,
	mayRemove: (lock: LockFile) => boolean,
): Promise<void> {
	const claim = `${file}.${id}`;
	if ((await createLockFile(claim)) === undefined) {
		const claimed = await readLockFile(claim);
		// The process that claimed it has ended before it removed the lock: the next call finds the claim free.
		if (claimed && isAbandoned(claimed))
			await removeLockFile(claim, claimed.id, (it) => isAbandoned(it));
		return;
	}
	try {
		// Again, because another process may have removed it and its claim, and a third one taken the lock.
		const now = await readLockFile(file);
		if (now?.id === id && mayRemove(now)) await rm(file, { force: true });
	} finally {
		await rm(claim, { force: true });
	}
}

/** Between the creation and the signature, others may take the lock for an abandoned one. */
async function createWithoutLink(
	file: string,
	id: string,
): Promise<string | undefined> {
	try {
		await writeFile(file, textOf(id), { flag: "wx" });
	} catch (thrown) {
		if (codeOf(thrown) === "EEXIST") return undefined;
		throw thrown;
	}
	return holdsLockFile(file, id) ? id : undefined;
}

function textOf(id: string): string {
	return `${process.pid} ${id}`;
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
