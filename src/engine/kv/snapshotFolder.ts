/** The folder with the KV snapshots of completion prompts: names, limits, and deletion. Windows share it. */

import { createHash } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { codeOf } from "../../storage/fileErrors.ts";
import { PromptSnapshotHeader } from "./promptSnapshotHeader.ts";
import { companionOf, readCompanion, removeSnapshot } from "./snapshotFile.ts";

/** 16 files of a model with 20 KiB per token, and two hundred lines of each. */
const maxFolderBytes = 256 * 2 ** 20;
const maxSnapshots = 16;
const maxAgeMs = 30 * 24 * 60 * 60_000;
/** No process takes this long to write a snapshot. */
const leftoverAgeMs = 60 * 60_000;
/** 16 bytes per token of the largest window. */
const maxHeaderBytes = 2 ** 20;

const ending = ".kv";

/** Says nothing of the path to who lists the folder. */
export function snapshotName(workspace: string, file: string): string {
	return `${digest(workspace)}-${digest(file)}${ending}`;
}

/** The headers of the snapshots of a workspace, by name. Those that cannot be read are left out. */
export async function readHeaders(
	folder: string,
	workspace: string,
): Promise<Map<string, PromptSnapshotHeader>> {
	const headers = new Map<string, PromptSnapshotHeader>();
	for (const name of await namesIn(folder)) {
		if (!name.startsWith(`${digest(workspace)}-`) || !name.endsWith(ending))
			continue;
		const raw = await readCompanion(path.join(folder, name), maxHeaderBytes);
		const header = PromptSnapshotHeader.safeParse(raw).data;
		if (header) headers.set(name, header);
	}
	return headers;
}

/** Deletes the least recently used snapshots that are over the limits, old ones, and what processes left behind that ended while saving. */
export async function prune(folder: string, nowMs: number): Promise<void> {
	const names = await namesIn(folder);
	const files: { file: string; bytes: number; usedAtMs: number }[] = [];
	for (const name of names) {
		const file = path.join(folder, name);
		const stats = await stat(file).catch(() => undefined);
		if (!stats) continue;
		if (name.endsWith(ending))
			files.push({ file, bytes: stats.size, usedAtMs: stats.mtimeMs });
		else if (
			nowMs - stats.mtimeMs > leftoverAgeMs &&
			(name.endsWith(".tmp") || isCompanionWithout(name, names))
		)
			await rm(file, { force: true });
	}
	let count = 0;
	let total = 0;
	for (const { file, bytes, usedAtMs } of files.sort(
		(a, b) => b.usedAtMs - a.usedAtMs,
	)) {
		count++;
		total += bytes;
		const isOver = count > maxSnapshots || total > maxFolderBytes;
		if (isOver || nowMs - usedAtMs > maxAgeMs) await removeSnapshot(file);
	}
}

/** Deletes all that engines write there, and nothing else. */
export async function clearFolder(folder: string): Promise<void> {
	for (const name of await namesIn(folder))
		if (name.includes(ending))
			await rm(path.join(folder, name), { force: true });
}

async function namesIn(folder: string): Promise<readonly string[]> {
	try {
		return await readdir(folder);
	} catch (thrown) {
		if (codeOf(thrown) === "ENOENT") return [];
		throw thrown;
	}
}

function isCompanionWithout(name: string, names: readonly string[]): boolean {
	return !names.some((it) => it.endsWith(ending) && companionOf(it) === name);
}

function digest(text: string): string {
	return createHash("sha256").update(text).digest("hex").slice(0, 24);
}
