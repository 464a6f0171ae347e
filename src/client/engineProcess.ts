/** Forks the engine, behind a small port that tests can fake. */

import { type ChildProcess, fork } from "node:child_process";
import { url as inspectorUrl } from "node:inspector";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Log } from "../base/log.ts";
import { saysOutOfMemory } from "../protocol/memory/outOfMemory.ts";

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
		env: engineEnvironment(env),
	} as Parameters<typeof fork>[2]);
	return new ForkedProcess(child, log);
}

/** The names of variables that a process, llama.cpp or a driver of a GPU reads, whole or up to a `*`. */
const passedVariables = [
	// Any process, and Windows' loader of libraries.
	"PATH HOME USER LOGNAME SHELL LANG LANGUAGE LC_* TZ TMPDIR TEMP TMP XDG_*",
	"USERPROFILE USERNAME HOMEDRIVE HOMEPATH APPDATA LOCALAPPDATA ALLUSERSPROFILE SystemRoot SystemDrive windir ComSpec PATHEXT OS",
	"ProgramData ProgramFiles* ProgramW6432 CommonProgramFiles* CommonProgramW6432 NUMBER_OF_PROCESSORS PROCESSOR_*",
	"LD_LIBRARY_PATH DYLD_LIBRARY_PATH DYLD_FALLBACK_LIBRARY_PATH DYLD_FRAMEWORK_PATH DYLD_FALLBACK_FRAMEWORK_PATH NIX_LD NIX_LD_*",
	// How llama.cpp computes, and on which devices.
	"GGML_* LLAMA_* OMP_* GOMP_* KMP_* OPENBLAS_* MKL_* MALLOC_*",
	"CUDA_* NVIDIA_* __NV_* HIP_* HSA_* ROCR_* ROCM_* AMD_* GPU_* METAL_* MTL_* SYCL_* ONEAPI_* ZE_* ZES_*",
	"VK_* __VK_* GALLIUM_* MESA_* LIBGL_* RADV_* ANV_* LP_* DRI_PRIME NODEVICE_SELECT __GLX_* __EGL_*",
	"HEADROOM_*",
]
	.flatMap((line) => line.split(" "))
	.map((name) => name.replace("*", ".*"));

const isPassed = new RegExp(`^(${passedVariables.join("|")})$`, "i");

/** A driver does not need it, although its maker's services share the prefix: `NVIDIA_API_KEY`. */
const looksSecret =
	/KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTH/i;

/**
 * What the engine needs of the environment. The rest stays out: secrets, which a model file that takes over llama.cpp would find there; the
 * editor's hooks for debuggers and modules; and the variables of node-llama-cpp, which could make it build or download something.
 */
export function engineEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	return {
		...Object.fromEntries(
			Object.entries(env).filter(
				([name]) => isPassed.test(name) && !looksSecret.test(name),
			),
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
		// What comes after such a line is a stack. Drops the folder in which llama.cpp was built.
		const lastLine = (
			this.#errorLines.find(saysOutOfMemory) ?? this.#errorLines.at(-1)
		)?.replace(/(?<!\S)\S+\/(?=llama\.cpp\/)/, "");
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
