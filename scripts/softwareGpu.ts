/** Mesa's llvmpipe, a software GPU: llama.cpp's real Vulkan backend runs on it without hardware. */

import { existsSync, readdirSync } from "node:fs";
import { canInstallDebianPackages, installDebianPackage } from "./shell.ts";

const driverFolder = "/usr/share/vulkan/icd.d";

/** Installs it if possible; otherwise the tests that need it are skipped. */
export function provideSoftwareGpu(): void {
	if (!hasSoftwareGpu() && canProvideSoftwareGpu())
		installDebianPackage("mesa-vulkan-drivers");
}

/** On Linux, llama.cpp's Vulkan backend is built for x64 only. */
export function canProvideSoftwareGpu(): boolean {
	return (
		process.platform === "linux" &&
		process.arch === "x64" &&
		canInstallDebianPackages()
	);
}

function hasSoftwareGpu(): boolean {
	return (
		existsSync(driverFolder) &&
		readdirSync(driverFolder).some((file) => file.startsWith("lvp_icd"))
	);
}
