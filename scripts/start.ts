/**
 * Opens VS Code with this extension on a sample workspace: desktop VS Code if there is one, otherwise VS Code in the browser.
 *
 *   npm start [-- --browser] [-- FOLDER]
 */

import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { cacheFolder, root, runScript, UserError, which } from "./shell.ts";
import { newestVersion, serveVscode } from "./vscodeServer.ts";

const minimumMinor = 104;

async function main(): Promise<number> {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: { browser: { type: "boolean", default: false } },
	});
	const { INIT_CWD: userFolder = root } = process.env;
	const folder = positionals[0]
		? path.resolve(userFolder, positionals[0])
		: sampleWorkspace();
	if (!existsSync(folder)) throw new UserError(`${folder} does not exist.`);
	const desktop = values.browser ? undefined : desktopCode();
	return desktop ? openDesktop(desktop, folder) : openBrowser(folder);
}

/** A copy, so that edits do not touch the repository. */
function sampleWorkspace(): string {
	const folder = path.join(cacheFolder, "sample");
	if (!existsSync(folder))
		cpSync(path.join(root, "test/support/sampleWorkspace"), folder, {
			recursive: true,
		});
	return folder;
}

/** The `code` command, if it can open a window now. */
function desktopCode(): string | undefined {
	const isWindows = process.platform === "win32";
	const code = which(isWindows ? "code.cmd" : "code");
	if (!code) return undefined;
	const { DISPLAY, WAYLAND_DISPLAY } = process.env;
	if (process.platform === "linux" && !DISPLAY && !WAYLAND_DISPLAY)
		return undefined;
	const { stdout } = spawnSync(code, ["--version"], {
		encoding: "utf8",
		shell: isWindows,
	});
	const minor = Number(/^1\.(\d+)\./.exec(stdout ?? "")?.[1] ?? 0);
	if (minor >= minimumMinor) return code;
	console.log(
		`The VS Code on this machine is older than 1.${minimumMinor}; opening a newer one in the browser.`,
	);
	return undefined;
}

function openDesktop(code: string, folder: string): number {
	console.log(`Opening VS Code with Headroom on ${folder}.`);
	const { status } = spawnSync(
		code,
		["--new-window", `--extensionDevelopmentPath=${root}`, folder],
		{ stdio: "inherit", shell: process.platform === "win32" },
	);
	return status ?? 1;
}

async function openBrowser(folder: string): Promise<number> {
	if (process.platform !== "linux")
		throw new UserError(
			"No desktop VS Code was found: install it from your usual source, make its `code` command available, and try again.",
		);
	const token = randomBytes(16).toString("hex");
	const dataFolder = path.join(cacheFolder, "start");
	installLinked(path.join(dataFolder, "extensions"));
	const server = await serveVscode({
		version: newestVersion,
		dataFolder,
		token,
		settings: {
			"security.workspace.trust.enabled": false,
			"workbench.startupEditor": "none",
			"workbench.secondarySideBar.defaultVisibility": "hidden",
			"chat.disableAIFeatures": true,
			"git.openRepositoryInParentFolders": "never",
		},
	});
	const query = new URLSearchParams({ tkn: token, folder });
	console.log(
		`VS Code with Headroom is ready. Open this address in a browser on this machine; Ctrl+C here ends it.\n\n  http://127.0.0.1:${server.port}/?${query}\n`,
	);
	// A signal ends this process, and the server with it.
	return new Promise<number>(() => setInterval(() => {}, 60_000));
}

/** The server loads what is in its extensions folder: here, a link to this checkout. */
function installLinked(extensionsFolder: string): void {
	rmSync(extensionsFolder, { recursive: true, force: true });
	mkdirSync(extensionsFolder, { recursive: true });
	symlinkSync(root, path.join(extensionsFolder, "headroom.headroom-0.1.0"));
}

await runScript(main);
