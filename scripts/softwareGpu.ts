/** Mesa's llvmpipe: a GPU in software, on which llama.cpp's real Vulkan backend runs where there is no other. */

import { existsSync, readdirSync } from "node:fs";
import { canInstallDebianPackages, installDebianPackage } from "./shell.ts";

const driverFolder = "/usr/share/vulkan/icd.d";

/** Installs it where that is possible. Elsewhere the tests that need it are skipped. */
export function provideSoftwareGpu(): void {
	if (!hasSoftwareGpu() && canProvideSoftwareGpu())
		installDebianPackage("mesa-vulkan-drivers");
}

/** llama.cpp's Vulkan backend is built for this one kind of Linux. */
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
