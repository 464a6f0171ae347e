/** A disk of a few hundred kilobytes: what is written to it fails soon. Needs root on Linux; else a folder that cannot be written. */

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

export interface FullDisk {
	readonly folder: string;
	readonly kind: "full" | "readOnly";
	remove(): void;
}

const diskBytes = 256 * 1024;

export function createFullDisk(): FullDisk {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-full-"));
	try {
		execFileSync(
			"mount",
			["-t", "tmpfs", "-o", `size=${diskBytes}`, "tmpfs", folder],
			{ stdio: "ignore" },
		);
		return {
			folder,
			kind: "full",
			remove: () => {
				execFileSync("umount", ["-l", folder], { stdio: "ignore" });
				rmSync(folder, { recursive: true, force: true });
			},
		};
	} catch {
		const closed = path.join(folder, "closed");
		mkdirSync(closed);
		chmodSync(closed, 0o500);
		return {
			folder: closed,
			kind: "readOnly",
			remove: () => {
				chmodSync(closed, 0o700);
				rmSync(folder, { recursive: true, force: true });
			},
		};
	}
}
