/**
 * VS Code from the npm registry alone: code-server's package holds VS Code's own server and workbench. Nothing is compiled,
 * and what needs compiling (terminals, log files, credentials) is left out.
 */

import { type ChildProcess, spawn } from "node:child_process";
import {
	createWriteStream,
	existsSync,
	mkdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { cacheFolder, requireProgram, runOrThrow, UserError } from "./shell.ts";

/** The oldest version that is supported, and the newest. code-server's 4.x.y holds VS Code 1.x.y. */
export const oldestVersion = "4.104.0";
export const newestVersion = "4.139.1";

/** From 1.110 on, VS Code uses functions that Node 20 lacks or will soon. */
const nodeMajorForNewest = 24;

/** The packages' own scripts are not run: they compile, or fetch. */
const install = [
	"install",
	"--omit=dev",
	"--omit=optional",
	"--ignore-scripts",
	"--no-save",
	"--no-audit",
	"--no-fund",
];

/** Installs a version if it is not there yet, and returns the folder with `out/server-main.js`. */
export function installVscode(version: string): string {
	const folder = path.join(cacheFolder, `code-server-${version}`);
	const vscodeFolder = path.join(folder, "package", "lib", "vscode");
	if (existsSync(folder)) return vscodeFolder;
	console.error(`Installing VS Code ${version.replace(/^4/, "1")} ...`);
	// Under another name until it is complete: a broken installation must not be used.
	const partial = `${folder}.partial`;
	rmSync(partial, { recursive: true, force: true });
	mkdirSync(partial, { recursive: true });
	runOrThrow("npm", ["pack", `code-server@${version}`, "--silent"], {
		cwd: partial,
	});
	runOrThrow("tar", ["xzf", `code-server-${version}.tgz`], { cwd: partial });
	rmSync(path.join(partial, `code-server-${version}.tgz`));
	const code = path.join(partial, "package", "lib", "vscode");
	runOrThrow("npm", install, { cwd: code });
	runOrThrow(
		"npm",
		[...install, `@parcel/watcher-linux-${process.arch}-glibc@2.5.6`],
		{ cwd: code },
	);
	// The language services of the built-in extensions.
	runOrThrow("npm", install, { cwd: path.join(code, "extensions") });
	provideRipgrep(code);
	shutProposedApi(code);
	renameSync(partial, folder);
	return vscodeFolder;
}

/** Versions before 1.139 fetch the binary in a script that is not run; without it no file is found by name. */
function provideRipgrep(code: string): void {
	const binary = path.join(
		code,
		"node_modules",
		"@vscode",
		"ripgrep",
		"bin",
		"rg",
	);
	if (
		existsSync(binary) ||
		!existsSync(path.join(code, "node_modules", "@vscode", "ripgrep"))
	)
		return;
	mkdirSync(path.dirname(binary), { recursive: true });
	symlinkSync(requireProgram(["rg"], "ripgrep"), binary);
}

/**
 * code-server opens every proposed API to every extension. A user's VS Code does not, and an extension that uses one fails there:
 * this puts the check back into the three bundles that hold it.
 */
function shutProposedApi(code: string): void {
	for (const bundle of [
		"vs/workbench/api/node/extensionHostProcess.js",
		"vs/workbench/api/worker/extensionHostWorkerMain.js",
		"vs/code/browser/workbench/workbench.js",
	]) {
		const file = path.join(code, "out", bundle);
		const text = readFileSync(file, "utf8");
		let found = 0;
		const strict = text.replace(
			/function ([\w$]+)\(([\w$]+),([\w$]+)\)\{return!0\}/g,
			(
				always,
				name: string,
				extension: string,
				proposal: string,
				at: number,
			) => {
				// Many functions always answer yes; this one is asked right after it is defined.
				const following = text.slice(
					at + always.length,
					at + always.length + 400,
				);
				if (
					!following.includes("enabledApiProposals") &&
					!following.includes(`if(!${name}(`)
				)
					return always;
				found++;
				return `function ${name}(${extension},${proposal}){return(${extension}.enabledApiProposals||[]).includes(${proposal})}`;
			},
		);
		if (found === 0)
			throw new UserError(
				`The check for proposed API was not found in ${bundle}: this version of VS Code needs another look.`,
			);
		writeFileSync(file, strict);
	}
}

/** A Node that can run the given version; installed from the npm registry if this one is too old. */
export function nodeFor(version: string): string {
	const needed = version === oldestVersion ? 20 : 22;
	if (Number(process.versions.node.split(".")[0]) >= needed)
		return process.execPath;
	if (process.platform !== "linux")
		throw new UserError(
			`VS Code ${version.replace(/^4/, "1")} needs Node.js ${needed} or newer; this is ${process.version}.`,
		);
	const name = `node-linux-${process.arch}`;
	const folder = path.join(cacheFolder, `node-${nodeMajorForNewest}`);
	const binary = path.join(folder, "node_modules", name, "bin", "node");
	if (!existsSync(binary)) {
		mkdirSync(folder, { recursive: true });
		runOrThrow("npm", [
			...install,
			"--prefix",
			folder,
			`${name}@${nodeMajorForNewest}`,
		]);
	}
	return binary;
}

export interface VscodeServer {
	readonly port: number;
	readonly processId: number;
	/** Stops it, with every extension host and engine. */
	stop(): Promise<void>;
}

export interface ServeOptions {
	readonly version: string;
	/** Settings, state and the log of the server. */
	readonly dataFolder: string;
	readonly settings?: Readonly<Record<string, unknown>>;
	readonly env?: NodeJS.ProcessEnv;
	/** Visitors need it besides the address. */
	readonly token?: string;
	/** For tests: the workbench calls functions of the page with its log and its exit code. */
	readonly isDriven?: boolean;
	readonly port?: number;
}

export async function serveVscode({
	version,
	dataFolder,
	settings = {},
	env = {},
	token,
	isDriven = false,
	port: wantedPort,
}: ServeOptions): Promise<VscodeServer> {
	const code = installVscode(version);
	const node = nodeFor(version);
	const port = wantedPort ?? (await freePort());
	mkdirSync(path.join(dataFolder, "data", "User"), { recursive: true });
	const settingsFile = path.join(dataFolder, "data", "User", "settings.json");
	// Settings that the user has changed since are kept.
	if (!existsSync(settingsFile))
		writeFileSync(settingsFile, JSON.stringify(settings, undefined, "\t"));
	const child = spawn(
		node,
		[
			path.join(code, "out", "server-main.js"),
			"--accept-server-license-terms",
			...(token
				? ["--connection-token", token]
				: ["--without-connection-token"]),
			...["--host", "127.0.0.1", "--port", String(port)],
			...["--server-data-dir", dataFolder],
			"--disable-telemetry",
			...(isDriven ? ["--enable-smoke-test-driver"] : []),
		],
		{
			cwd: code,
			env: { ...process.env, ...env },
			stdio: ["ignore", "pipe", "pipe"],
			// A group of its own, so that it can be ended with all its children.
			detached: true,
		},
	);
	endWith(child);
	const logFile = path.join(dataFolder, "server.log");
	const log = createWriteStream(logFile);
	child.stdout.pipe(log);
	child.stderr.pipe(log);
	await untilAnswering(port, child, logFile);
	return { port, processId: child.pid ?? 0, stop: () => stopGroup(child) };
}

/** The server has a process group of its own, so it outlives this process unless it is killed with it. */
function endWith(child: ChildProcess): void {
	const { pid } = child;
	if (pid === undefined) return;
	const kill = (): void => {
		if (child.exitCode === null && child.signalCode === null)
			process.kill(-pid, "SIGKILL");
	};
	process.once("exit", kill);
	child.once("exit", () => process.off("exit", kill));
	// Not once: a second signal must not end this process before it has ended the server.
	for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
		process.on(signal, () => process.exit(130));
}

/** Longer than any start takes, on a busy machine too. */
const startLimitMs = 120_000;

async function untilAnswering(
	port: number,
	child: ChildProcess,
	logFile: string,
): Promise<void> {
	const endMs = performance.now() + startLimitMs;
	while (performance.now() < endMs && child.exitCode === null) {
		const answered = await fetch(`http://127.0.0.1:${port}/version`)
			.then((response) => response.ok)
			.catch(() => false);
		if (answered) return;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	await stopGroup(child);
	const lines = existsSync(logFile)
		? readFileSync(logFile, "utf8").trim().split("\n").slice(-8)
		: [];
	throw new UserError(
		[`VS Code's server did not start; see ${logFile}:`, ...lines].join("\n"),
	);
}

async function stopGroup(child: ChildProcess): Promise<void> {
	const { pid } = child;
	if (pid === undefined) return;
	const ended = new Promise<void>((resolve) => {
		if (child.exitCode !== null || child.signalCode !== null) resolve();
		else child.once("exit", () => resolve());
	});
	try {
		process.kill(-pid, "SIGKILL");
	} catch {
		// It ended by itself.
	}
	await ended;
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) =>
		server.listen(0, "127.0.0.1", () => resolve()),
	);
	const address = server.address();
	await new Promise<void>((resolve) => server.close(() => resolve()));
	if (address === null || typeof address === "string")
		throw new Error("no port was given");
	return address.port;
}
