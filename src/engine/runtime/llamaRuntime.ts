/** The runtime on llama.cpp: starts the library, describes the devices and loads models. */

import { cpus } from "node:os";
import type { Log } from "../../base/log.ts";
import { failure, type Result, success } from "../../base/result.ts";
import type { Device } from "../../protocol/device.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import { saysOutOfMemory } from "../../protocol/memory/outOfMemory.ts";
import {
	fixedThreads,
	type ThreadChooser,
	ThreadCount,
} from "../schedule/threadCount.ts";
import { disposeWithin } from "./disposeWithin.ts";
import { isOnCpu, LlamaLoadedModel } from "./llamaModel.ts";
import { systemMemory, threadLimit } from "./machineReadings.ts";
import {
	getLlama,
	type Llama,
	LlamaLogLevel,
	type LlamaModel,
	NoBinaryFoundError,
} from "./nodeLlamaCpp.ts";
import { outOfMemoryError } from "./outOfMemoryError.ts";
import { type MachineFacts, reportedDevices } from "./reportedDevices.ts";
import type {
	CreateRuntime,
	LoadedModel,
	LoadModelOptions,
	Runtime,
} from "./runtime.ts";

/** Shorter than the time a parent waits for the process to exit. */
const maxDisposeMs = 1000;

export const createLlamaRuntime: CreateRuntime = async ({
	gpu,
	threads,
	log,
}) => {
	const errors = new RecentErrors();
	try {
		const llama = await getLlama({
			gpu: gpu === "auto" ? "auto" : false,
			// Never compile or download anything on a user's machine.
			build: "never",
			skipDownload: true,
			usePrebuiltBinaries: true,
			progressLogs: false,
			// One evaluation runs at a time, and each context gets its own thread count. If the library had to divide threads between a model and its
			// draft, it would wait at every change from one to the other.
			maxThreads: 0,
			logLevel: LlamaLogLevel.warn,
			logger: (level, message) => {
				errors.note(level, message);
				logMessage(log, level, message);
			},
		});
		if (llama.gpu !== false) {
			// Some drivers do not report memory in use; with a cap the library subtracts its own allocations.
			await llama.setVramCap((await llama.getVramState()).total);
		}
		return success(new LlamaRuntime(llama, threads, errors, log));
	} catch (thrown) {
		return failure(
			createError("engineBinaryMissing", {
				platform: `${process.platform} ${process.arch}`,
				why:
					thrown instanceof NoBinaryFoundError
						? "there is no build of it for this system, or it does not start"
						: messageOf(thrown),
			}),
		);
	}
};

function logMessage(log: Log, level: LlamaLogLevel, message: string): void {
	const text = `llama.cpp: ${message.trim()}`;
	if (level === LlamaLogLevel.error || level === LlamaLogLevel.fatal)
		log.error(text);
	else if (level === LlamaLogLevel.warn) log.warn(text);
	else log.debug(text);
}

/** llama.cpp gives the reason of a failure only in its log. */
class RecentErrors {
	#lines: string[] = [];

	note(level: LlamaLogLevel, message: string): void {
		if (level !== LlamaLogLevel.error && level !== LlamaLogLevel.fatal) return;
		this.#lines.push(message.trim());
		if (this.#lines.length > 20) this.#lines.shift();
	}

	clear(): void {
		this.#lines = [];
	}

	/** A line that says that memory ran out. */
	get memoryCause(): string | undefined {
		const line = this.#lines.find(saysOutOfMemory);
		return line && messageOf(line.replace(/^.*error loading model: /, ""));
	}

	/** Prefers a line that names a cause to one that only reports a failure. */
	get cause(): string | undefined {
		const line =
			this.#lines.find((it) => /error loading model: /.test(it)) ??
			this.#lines[0];
		return line?.replace(/^.*error loading model: /, "").replace(/\.$/, "");
	}
}

class LlamaRuntime implements Runtime {
	readonly #llama: Llama;
	readonly #threads: number | null;
	readonly #errors: RecentErrors;
	readonly #log: Log;

	constructor(
		llama: Llama,
		threads: number | null,
		errors: RecentErrors,
		log: Log,
	) {
		this.#llama = llama;
		this.#threads = threads;
		this.#errors = errors;
		this.#log = log;
	}

	get build(): string {
		return this.#llama.llamaCppRelease.release;
	}

	async devices(): Promise<readonly Device[]> {
		const ram = await this.#ram();
		const vram = await this.#llama.getVramState();
		return reportedDevices({
			backend: this.#llama.gpu,
			gpuNames: await this.#llama.getGpuDeviceNames(),
			vram: {
				totalBytes: vram.total,
				freeBytes: vram.free,
				unifiedBytes: vram.unifiedSize,
			},
			ram,
			cpuName: cpus()[0]?.model ?? "",
			cpuFeatures: this.#llama.systemInfo,
		});
	}

	/** The library counts what the kernel keeps of files as used, and knows nothing of containers. */
	async #ram(): Promise<MachineFacts["ram"]> {
		const known = systemMemory();
		if (known)
			return {
				totalBytes: known.totalBytes,
				freeBytes: known.availableBytes,
			};
		const { total, free } = await this.#llama.getRamState();
		return { totalBytes: total, freeBytes: free };
	}

	async loadModel({
		description,
		gpuLayers,
		mapsFile,
		onProgress,
	}: LoadModelOptions): Promise<Result<LoadedModel, HeadroomError>> {
		this.#errors.clear();
		try {
			const model = await this.#llama.loadModel({
				modelPath: description.file,
				gpuLayers: this.#llama.gpu === false ? 0 : (gpuLayers ?? "max"),
				...(mapsFile !== undefined && {
					useMmap: mapsFile,
					// The plan has checked that it fits. The library's own check simulates the largest context that fits, and llama.cpp aborts the process
					// if a driver cannot hold one of that context's tensors.
					ignoreMemorySafetyChecks: true,
				}),
				onLoadProgress: onProgress,
			});
			return success(
				new LlamaLoadedModel(model, description, {
					threads: this.#threadsFor(model, description.name),
					isPlanned: mapsFile !== undefined,
					devices: () => this.devices(),
					errors: this.#errors,
					log: this.#log,
				}),
			);
		} catch (thrown) {
			return failure(this.#loadError(description.file, thrown));
		}
	}

	/** A GPU leaves little to the CPU, and needs a core to feed it. */
	#threadsFor(model: LlamaModel, name: string): ThreadChooser {
		if (this.#threads !== null) return fixedThreads(this.#threads);
		const cores = threadLimit(this.#llama.cpuMathCores);
		return isOnCpu(model)
			? new ThreadCount(cores, (count) =>
					this.#log.debug(
						`${name} is evaluated with ${count} of ${cores} threads`,
					),
				)
			: fixedThreads(Math.max(1, cores - 1));
	}

	dispose(): Promise<void> {
		return disposeWithin(
			maxDisposeMs,
			"llama.cpp",
			() => this.#llama.dispose(),
			this.#log,
		);
	}

	#loadError(file: string, thrown: unknown): HeadroomError {
		return (
			outOfMemoryError(file, thrown, this.#errors) ??
			createError("modelRefused", {
				file,
				why: this.#errors.cause ?? messageOf(thrown),
			})
		);
	}
}
