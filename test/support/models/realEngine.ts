/** The real engine process with real llama.cpp, on the CPU unless told otherwise, as the extension would start it. */

import assert from "node:assert/strict";
import path from "node:path";
import { type Log, logTo } from "../../../src/base/log.ts";
import { loadOptionsFor } from "../../../src/client/builtInModel.ts";
import {
	EngineClient,
	type GenerationStream,
} from "../../../src/client/engineClient.ts";
import { forkEngine } from "../../../src/client/engineProcess.ts";
import { patienceWith } from "../../../src/client/heartbeat.ts";
import { Supervisor } from "../../../src/client/supervisor.ts";
import type {
	Gpu,
	SavedPrompts,
} from "../../../src/protocol/engineProtocol.ts";
import type { EngineStatus } from "../../../src/protocol/engineStatus.ts";
import type {
	FimRequest,
	GenerationEnd,
} from "../../../src/protocol/generation.ts";
import type { SpeculationMode } from "../../../src/protocol/speculation.ts";
import { emptyRequest } from "../fakes/fakeEngine.ts";
import { until } from "../until.ts";

export const root = path.resolve(import.meta.dirname, "../../..");
export const engineFile = path.join(root, "dist", "engine.mjs");
export const builtInModel = path.join(
	root,
	"media",
	"models",
	"headroom-7m-q8_0.gguf",
);

export class RealEngine {
	readonly lines: string[] = [];
	readonly supervisor: Supervisor;
	readonly client: EngineClient;
	/** Change it and call `supervisor.apply("reloadModel")`. */
	modelFile = "";
	/** The chat's own model; empty where that for completion chats. */
	chatFile = "";
	/** Long: prompts are full however busy the machine was when the model was measured. */
	latencyTargetMs = 5000;
	/** One: llama.cpp's threads wait for one another, and collapse beside the other suites. Zero measures, as for users. */
	threads = 1;
	gpu: Gpu = "off";
	partialOffload = false;
	speculation: SpeculationMode = "auto";
	savedPrompts: SavedPrompts | undefined;

	constructor(env: NodeJS.ProcessEnv = process.env) {
		const log: Log = logTo((level, message) =>
			this.lines.push(`[${level}] ${message}`),
		);
		this.supervisor = new Supervisor({
			fork: () => forkEngine({ file: engineFile, log, env }),
			loadOptions: () =>
				loadOptionsFor(
					{
						file: this.modelFile,
						gpu: this.gpu,
						partialOffload: this.partialOffload,
						threads: this.threads,
						latencyTargetMs: this.latencyTargetMs,
						speculation: this.speculation,
						drafts: [],
						...(this.chatFile !== "" && {
							chat: { file: this.chatFile, drafts: [] },
						}),
						...(this.savedPrompts && { savedPrompts: this.savedPrompts }),
					},
					root,
				),
			patience: patienceWith(env, undefined),
			log,
		});
		this.client = new EngineClient(this.supervisor);
	}

	/** Of the process that runs now, as the log tells it. */
	get pid(): number {
		const line = this.lines.findLast((it) => it.includes("runs as process"));
		return Number(/process (\d+)/.exec(line ?? "")?.[1]);
	}

	complete(
		request: Partial<FimRequest>,
		signal = new AbortController().signal,
	): GenerationStream {
		return this.client.complete(
			{
				...emptyRequest,
				path: "src/shapes.ts",
				maxTokens: 24,
				...request,
			},
			signal,
		);
	}

	async read(stream: GenerationStream): Promise<{
		text: string;
		end: GenerationEnd;
	}> {
		let text = "";
		let next = await stream.chunks.next();
		for (; !next.done; next = await stream.chunks.next())
			text += next.value.text;
		return { text, end: next.value };
	}

	async completeWhole(request: Partial<FimRequest>) {
		const { text, end } = await this.read(this.complete(request));
		assert.ok(end.kind === "done", JSON.stringify(end));
		return { text, ...end };
	}

	until(test: (status: EngineStatus) => boolean): Promise<EngineStatus> {
		const { supervisor } = this;
		return new Promise((resolve) => {
			if (test(supervisor.status)) {
				resolve(supervisor.status);
				return;
			}
			const subscription = supervisor.onDidChangeStatus((status) => {
				if (!test(status)) return;
				subscription.dispose();
				resolve(status);
			});
		});
	}

	async stop(): Promise<void> {
		await this.supervisor.stop();
		this.supervisor.dispose();
	}
}

export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}

export async function untilGone(pid: number): Promise<void> {
	await until(`the end of process ${pid}`, () => !isAlive(pid));
}
