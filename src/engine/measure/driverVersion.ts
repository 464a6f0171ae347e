/** The version of the graphics driver: measurements with another version do not count. */

import { readFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

export interface SystemFacts {
	/** The root of the file system; tests use their own. */
	readonly root?: string;
	readonly platform?: NodeJS.Platform;
	readonly release?: string;
}

const linuxModules = ["nvidia", "amdgpu", "xe", "i915"] as const;

/** No version line is longer; the file may contain anything. */
const maxCharacters = 120;

/**
 * A short text that changes with the driver, such as `nvidia 550.54.14`. Drivers in the kernel and those of macOS and Windows report no version:
 * for them it is the release of the operating system. Never throws.
 */
export function driverVersion({
	root = "/",
	platform = process.platform,
	release = os.release(),
}: SystemFacts = {}): string {
	const modules = platform === "linux" ? moduleVersions(root) : [];
	return modules.length > 0 ? modules.join(", ") : `${platform} ${release}`;
}

function moduleVersions(root: string): readonly string[] {
	return linuxModules.flatMap((name) => {
		const version =
			firstLine(path.join(root, `sys/module/${name}/version`)) ??
			(name === "nvidia" ? nvidiaVersion(root) : undefined);
		return version ? [`${name} ${version}`] : [];
	});
}

/** `NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024` */
function nvidiaVersion(root: string): string | undefined {
	const line = firstLine(path.join(root, "proc/driver/nvidia/version"));
	return line && /\b\d+\.\d+(?:\.\d+)*\b/.exec(line)?.[0];
}

/** Undefined if the file is missing or empty. */
function firstLine(file: string): string | undefined {
	try {
		const [line = ""] = readFileSync(file, "utf8").split("\n", 1);
		return line.trim().slice(0, maxCharacters) || undefined;
	} catch {
		return undefined;
	}
}
