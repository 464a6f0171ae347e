/** All messages between the extension host and the engine process. Each side parses what it receives. */

import * as z from "zod/mini";
import { logLevels } from "../base/log.ts";
import { ChatRequest, ChatTurns, SegmentKind, TokenCounts } from "./chat.ts";
import { Device } from "./device.ts";
import { ChatLoaded, EngineReport, LoadResult } from "./engineStatus.ts";
import { HeadroomError } from "./errors.ts";
import { FimRequest, GenerationStats, StopReason } from "./generation.ts";
import { Learned, MachineRecord } from "./machineRecord.ts";
import { References } from "./references.ts";
import { SpeculationMode } from "./speculation.ts";

const requestId = z.string();

/** `auto` uses the best accelerator that llama.cpp finds; `off` stays on the CPU. */
export const Gpu = z.enum(["auto", "off"]);
export type Gpu = z.infer<typeof Gpu>;

/** Where KV snapshots of completion prompts are kept. */
export const SavedPrompts = z.readonly(
	z.object({
		/** Shared by all workspaces, because its limits are. */
		folder: z.string(),
		/** Identifies the workspace, whose paths are relative. */
		workspace: z.string(),
	}),
);
export type SavedPrompts = z.infer<typeof SavedPrompts>;

/** The chat's own model. It is loaded when it is asked, or by `loadChat`. */
export const ChatLoadOptions = z.readonly(
	z.object({
		file: z.string(),
		/** The limit in tokens; null takes the trained window of the model. */
		contextWindow: z.nullable(z.int().check(z.positive())),
		/** Absolute paths of draft models, best first. */
		drafts: z.readonly(z.array(z.string())),
	}),
);
export type ChatLoadOptions = z.infer<typeof ChatLoadOptions>;

/**
 * Which models to run and on what. Another `load` replaces them, except that a model stays as it is, with its caches, if the load changes only the
 * other one.
 */
export const LoadOptions = z.readonly(
	z.object({
		file: z.string(),
		gpu: Gpu,
		/** Null leaves one core free. */
		threads: z.nullable(z.int().check(z.positive())),
		/** Whether layers that do not fit on the GPU may stay in RAM, which is slow. */
		partialOffload: z.boolean(),
		/** The limit in tokens; null takes the trained window of the model. */
		contextWindow: z.nullable(z.int().check(z.positive())),
		/** Records of earlier loads on this machine; null records nothing. */
		record: z.nullable(MachineRecord),
		/** Prompts are sized so that the first line of a suggestion takes about this long. */
		latencyTargetMs: z.number().check(z.positive()),
		speculation: SpeculationMode,
		/** Absolute paths of draft models, best first. */
		drafts: z.readonly(z.array(z.string())),
		/** Without it none are kept, and those of the former load are deleted. */
		savedPrompts: z.exactOptional(SavedPrompts),
		/** Absent if the model for completion also chats. */
		chat: z.exactOptional(ChatLoadOptions),
		/** Keys of fallback steps in which a process ran out of memory and ended a moment ago. They are no longer worth a try. */
		avoid: z.exactOptional(z.readonly(z.array(z.string()))),
	}),
);
export type LoadOptions = z.infer<typeof LoadOptions>;

//#region To the engine
export const ToEngine = z.discriminatedUnion("kind", [
	/**
	 * Answered by one `loaded` or `failed`, in the order of the loads. A load that has not begun when the next one arrives is skipped, and
	 * fails with `loadSuperseded`.
	 */
	z.object({ kind: z.literal("load"), requestId, options: LoadOptions }),
	/**
	 * Has the chat's model loaded in advance of a question, unless it is. Answered by `chatLoaded` or `failed`; at once if the model for completion
	 * also chats.
	 */
	z.object({ kind: z.literal("loadChat"), requestId }),
	z.object({
		kind: z.literal("complete"),
		requestId,
		request: FimRequest,
		/**
		 * Steers a request that is under way or waits: it ends as cancelled, and this one goes on in its place in the queue, with the KV cache as it
		 * is. An unknown id is ignored.
		 */
		replaces: z.exactOptional(requestId),
	}),
	z.object({ kind: z.literal("chat"), requestId, request: ChatRequest }),
	/** Answered by `counted` or `failed`. */
	z.object({
		kind: z.literal("count"),
		requestId,
		turns: ChatTurns,
	}),
	/** The request still ends with `done`, with `cancelled` as its reason. */
	z.object({ kind: z.literal("cancel"), requestId }),
	/** Deletes the KV snapshot of a conversation, even one that is about to be written. Not answered. */
	z.object({ kind: z.literal("deleteState"), stateFile: z.string() }),
	/** Deletes the KV snapshots of completion prompts, also those that are about to be written. Not answered. */
	z.object({ kind: z.literal("clearPrompts") }),
	/** Replaces the texts that an answer may repeat. Not answered. */
	z.object({ kind: z.literal("references"), references: References }),
	/**
	 * Answered by `devices` or `failed`; does not touch the loaded model. For null, describes the devices of the loaded model at once, even while
	 * it works.
	 */
	z.object({
		kind: z.literal("describeDevices"),
		requestId,
		gpu: z.nullable(Gpu),
		/** Adds the measured speed to the devices. */
		record: z.exactOptional(MachineRecord),
	}),
	/** Answered by `pong` at once, whatever else is under way. */
	z.object({ kind: z.literal("ping") }),
	/** Ends all work, frees the memory and exits. */
	z.object({ kind: z.literal("shutdown") }),
]);
export type ToEngine = z.infer<typeof ToEngine>;
//#endregion

//#region From the engine
export const FromEngine = z.discriminatedUnion("kind", [
	/** The first message: the process accepts messages. */
	z.object({ kind: z.literal("hello"), pid: z.int() }),
	/** The process is alive. */
	z.object({ kind: z.literal("pong") }),
	z.object({ kind: z.literal("report"), report: EngineReport }),
	z.object({
		kind: z.literal("log"),
		level: z.enum(logLevels),
		message: z.string(),
	}),
	/** More of a completion or an answer. */
	z.object({
		kind: z.literal("chunk"),
		requestId,
		/** Only an answer has reasoning. */
		segment: SegmentKind,
		text: z.string(),
		/** See `CompletionChunk`; only a completion has it. */
		probability: z.exactOptional(z.number()),
	}),
	z.object({ kind: z.literal("counted"), requestId, counts: TokenCounts }),
	/** Follows the report `ready` of the same load. */
	z.object({ kind: z.literal("loaded"), requestId, loaded: LoadResult }),
	/** Follows the report of the same load. */
	z.object({ kind: z.literal("chatLoaded"), requestId, loaded: ChatLoaded }),
	/** An entry for the record of this machine. */
	z.object({ kind: z.literal("learned"), learned: Learned }),
	/** The last message of a request that did not fail. */
	z.object({
		kind: z.literal("done"),
		requestId,
		stopReason: StopReason,
		stats: GenerationStats,
	}),
	z.object({ kind: z.literal("failed"), requestId, error: HeadroomError }),
	z.object({
		kind: z.literal("devices"),
		requestId,
		/** With their current free memory. */
		devices: z.readonly(z.array(Device)),
	}),
]);
export type FromEngine = z.infer<typeof FromEngine>;
//#endregion
