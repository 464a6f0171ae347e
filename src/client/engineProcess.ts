/** Forks the engine, behind a small port that tests can fake. */

import { type ChildProcess, fork } from "node:child_process";
import { url as inspectorUrl } from "node:inspector";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Log } from "../base/log.ts";

export interface ProcessExit {
	/** One phrase: the signal or exit code, and the last line of stderr where there is one. */
	readonly why: string;
}

export interface EngineProcess {
	send(message: unknown): void;
	onMessage(listener: (message: unknown) => void): void;
	/** Calls the listener once, also where the process could not be started. */
	onExit(listener: (exit: ProcessExit) => void): void;
	/** Ends the process at once. */
	kill(): void;
}

export interface ForkOptions {
	/** The bundled engine. */
	readonly file: string;
	readonly log: Log;
	readonly env?: NodeJS.ProcessEnv;
	/** A debugger can attach there; undefined runs no inspector. */
	readonly inspectPort?: number | undefined;
}

/** Names the port of the engine's inspector. */
export const inspectVariable = "HEADROOM_ENGINE_INSPECT";
const defaultInspectPort = 9230;

/** The port of the variable, or the default one where the extension itself is being debugged. */
export function engineInspectPort(
	env: NodeJS.ProcessEnv,
	log: Log,
	isDebugged = inspectorUrl() !== undefined,
): number | undefined {
	const wanted = env[inspectVariable];
	if (wanted === undefined || wanted === "")
		return isDebugged ? defaultInspectPort : undefined;
	const port = Number(wanted);
	if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
	log.warn(`${inspectVariable} is not a port from 1 to 65535: ${wanted}`);
	return undefined;
}

export function forkEngine({
	file,
	log,
	env = process.env,
	inspectPort,
}: ForkOptions): EngineProcess {
	const child = fork(file, [], {
		// On macOS, only the helper that runs extensions may load unsigned libraries.
		execPath: process.execPath,
		// Not the host's own, such as the port of its inspector.
		execArgv: inspectPort === undefined ? [] : [`--inspect=${inspectPort}`],
		serialization: "advanced",
		stdio: ["ignore", "pipe", "pipe", "ipc"],
		windowsHide: true,
		env: scrubbedEnvironment(env),
	} as Parameters<typeof fork>[2]);
	return new ForkedProcess(child, log);
}

/**
 * Drops the variables of the editor, whose hooks for debuggers and modules would run in the engine too, and those of node-llama-cpp, which
 * could make it build or download something.
 */
export function scrubbedEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	const foreign =
		/^(NODE_OPTIONS|NODE_INSPECT_RESUME_ON_START|LD_PRELOAD|DYLD_INSERT_LIBRARIES|(VSCODE|ELECTRON|GTK|NODE_LLAMA_CPP)_.*)$/i;
	return {
		...Object.fromEntries(
			Object.entries(env).filter(([name]) => !foreign.test(name)),
		),
		// Makes Electron behave as Node; ignored elsewhere.
		ELECTRON_RUN_AS_NODE: "1",
		NODE_LLAMA_CPP_SKIP_DOWNLOAD: "true",
	};
}

const keptErrorLines = 20;

class ForkedProcess implements EngineProcess {
	readonly #child: ChildProcess;
	readonly #exitListeners: ((exit: ProcessExit) => void)[] = [];
	readonly #errorLines: string[] = [];
	#exit: ProcessExit | undefined;

	constructor(child: ChildProcess, log: Log) {
		this.#child = child;
		child.on("error", (error) => this.#end(error.message));
		child.on("exit", (code, signal) =>
			this.#end(signal ? `signal ${signal}` : `exit code ${code}`),
		);
		// llama.cpp prints there, and an unread pipe would fill up and block the process.
		readLines(child.stdout, (line) => log.debug(line));
		readLines(child.stderr, (line) => {
			log.debug(line);
			this.#errorLines.push(line);
			if (this.#errorLines.length > keptErrorLines) this.#errorLines.shift();
		});
	}

	send(message: unknown): void {
		// `onExit` reports a process that is gone, so a failed send is not reported again.
		if (this.#child.connected)
			this.#child.send(message as object, undefined, undefined, () => {});
	}

	onMessage(listener: (message: unknown) => void): void {
		this.#child.on("message", listener);
	}

	onExit(listener: (exit: ProcessExit) => void): void {
		if (this.#exit) listener(this.#exit);
		else this.#exitListeners.push(listener);
	}

	kill(): void {
		this.#child.kill("SIGKILL");
	}

	#end(how: string): void {
		if (this.#exit) return;
		// Drops the folder in which llama.cpp was built.
		const lastLine = this.#errorLines
			.at(-1)
			?.replace(/(?<!\S)\S+\/(?=llama\.cpp\/)/, "");
		this.#exit = { why: lastLine ? `${how}: ${lastLine}` : how };
		for (const listener of this.#exitListeners) listener(this.#exit);
	}
}

function readLines(
	stream: Readable | null,
	onLine: (line: string) => void,
): void {
	if (!stream) return;
	createInterface({ input: stream }).on("line", (line) => {
		if (line.trim() !== "") onLine(line);
	});
}
