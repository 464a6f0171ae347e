/** What a model and a context of it take, as llama.cpp says once it has allocated them, each in a process of its own. */

import { fork } from "node:child_process";
import path from "node:path";
import { failure, type Result, success } from "../../src/base/result.ts";
import type { Device } from "../../src/protocol/device.ts";

export type Backend = "cpu" | "vulkan";
export type KvType = "F16" | "Q8_0";

export interface FitRequest {
	readonly kind: "fit";
	readonly file: string;
	readonly backend: Backend;
	/** Tokens, of each sequence. */
	readonly contextWindow: number;
	readonly sequences: number;
	readonly batchTokens: number;
	readonly kvType: KvType;
	readonly useMmap: boolean;
}

export type ProbeRequest =
	| FitRequest
	/** Which devices does the backend find? */
	| { readonly kind: "devices"; readonly backend: Backend };

export interface MemoryBytes {
	readonly ram: number;
	readonly vram: number;
}

/** From `/proc/self/smaps_rollup`. */
export interface ProcessBytes {
	readonly resident: number;
	readonly anonymous: number;
	readonly privateDirty: number;
	/** Pages of the mapped file, for the most part: the system takes them back when it needs room. */
	readonly privateClean: number;
}

export interface FitMeasurement {
	/** Which of its builds for processors llama.cpp took; null where there is but one. */
	readonly cpuVariant: string | null;
	/** The library's, before anything was loaded. */
	readonly estimated: {
		readonly model: MemoryBytes;
		readonly context: MemoryBytes;
	};
	readonly allocated: {
		readonly model: MemoryBytes;
		readonly context: MemoryBytes;
	};
	/** Null where the system does not count so. */
	readonly process: {
		readonly before: ProcessBytes | null;
		readonly afterModel: ProcessBytes | null;
		readonly afterContext: ProcessBytes | null;
	};
	/** As llama.cpp's log names and rounds them. */
	readonly bufferMebibytes: Readonly<Record<string, number>>;
	readonly loadMs: number;
}

export type FitOutcome =
	| { readonly kind: "measured"; readonly measurement: FitMeasurement }
	/** Not tried, because it would push everything else out of memory. */
	| { readonly kind: "refused"; readonly why: string }
	| { readonly kind: "failed"; readonly why: string };

const longestMs = 300_000;

/** llama.cpp's Vulkan backend leaves software devices out unless one is named. */
const vulkanEnvironment = { GGML_VK_VISIBLE_DEVICES: "0" };

export async function measureFit(request: FitRequest): Promise<FitOutcome> {
	const found = await inProbe<FitOutcome>(request);
	return found.ok ? found.value : { kind: "failed", why: found.error };
}

/** The CPU alone where there is no driver; empty where there is no library for it. */
export async function devicesOf(backend: Backend): Promise<readonly Device[]> {
	const found = await inProbe<readonly Device[]>({ kind: "devices", backend });
	return found.ok ? found.value : [];
}

function inProbe<T>(request: ProbeRequest): Promise<Result<T, string>> {
	return new Promise((resolve) => {
		const child = fork(path.join(import.meta.dirname, "fitProbe.ts"), {
			execArgv: ["--import", import.meta.resolve("tsx")],
			env: {
				...process.env,
				...(request.backend === "vulkan" ? vulkanEnvironment : {}),
			},
			stdio: ["ignore", "ignore", "pipe", "ipc"],
		});
		let errors = "";
		let answer: Result<T, string> | undefined;
		child.stderr?.on("data", (chunk) => {
			errors = `${errors}${chunk}`.slice(-4000);
		});
		child.on("message", (message: T) => {
			answer = success(message);
		});
		const timer = setTimeout(() => child.kill("SIGKILL"), longestMs);
		child.on("close", (code, signal) => {
			clearTimeout(timer);
			resolve(
				answer ??
					failure(
						`${firstLine(errors) ?? "it said nothing"} (ended with ${signal ?? code})`,
					),
			);
		});
		child.send(request);
	});
}

/** llama.cpp names the cause first, and then only that something failed. */
function firstLine(text: string): string | undefined {
	return text
		.split("\n")
		.map((line) => line.trim())
		.find((line) => line !== "");
}
