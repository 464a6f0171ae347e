/** Installs what tests need and npm does not bring: Debian's packages where that is possible, and VS Code from the npm registry. */

import { requireProgram, runScript } from "./shell.ts";
import { provideSoftwareGpu } from "./softwareGpu.ts";
import {
	installVscode,
	newestVersion,
	nodeFor,
	oldestVersion,
} from "./vscodeServer.ts";

const provisions: Readonly<Record<string, () => void>> = {
	engine: provideSoftwareGpu,
	workbench: () => {
		requireProgram(["chromium", "chromium-browser"], "chromium");
		if (process.platform === "linux") requireProgram(["strace"], "strace");
		for (const version of [oldestVersion, newestVersion]) {
			installVscode(version);
			nodeFor(version);
		}
	},
};

await runScript(async () => {
	for (const group of process.argv.slice(2)) provisions[group]?.();
	return 0;
});
