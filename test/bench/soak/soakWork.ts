/** What a user does in a long session, at random: each piece of work settles, with or without an answer. */

import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
	ask,
	createConversation,
} from "../../../src/chat/conversation/conversation.ts";
import type { GenerationEnd } from "../../../src/protocol/generation.ts";
import { ConversationStore } from "../../../src/storage/conversations/conversationStore.ts";
import { emptyRequest } from "../../support/fakes/fakeEngine.ts";
import { writeChatModel } from "../../support/models/chatModel.ts";
import {
	builtInModel,
	isAlive,
	type RealEngine,
} from "../../support/models/realEngine.ts";
import type { FullDisk } from "./fullDisk.ts";

export interface SoakWorld {
	readonly engine: RealEngine;
	/** 0 to 1, by the seed. */
	readonly random: () => number;
	readonly disk: FullDisk;
	/** Of models and snapshots. */
	readonly folder: string;
}

export type SoakWork = (
	world: SoakWorld,
	signal: AbortSignal,
) => Promise<string>;

export function soakFolder(): { readonly folder: string; remove(): void } {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-soak-"));
	writeChatModel(path.join(folder, "talks.gguf"), { contextWindow: 4096 });
	return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

const lines = [
	"export function area(width: number, height: number) {",
	"\treturn width * height;",
	"for (const shape of shapes) {",
	"const total = shapes.reduce((sum, it) => sum + it.area(), 0);",
	"// Größe und Länge: это так, 计算结果",
	"if (value === undefined) return;",
] as const;

function some<T>(items: readonly T[], random: () => number): T {
	const item = items[Math.floor(random() * items.length)];
	if (item === undefined) throw new Error("nothing to choose from");
	return item;
}

const outcomeOf = (end: GenerationEnd): string =>
	end.kind === "done"
		? end.stopReason
		: end.kind === "failed"
			? end.error.code
			: end.kind;

/** A line, key by key: each key steers the request of the one before. */
const type: SoakWork = async ({ engine, random }, signal) => {
	const line = some(lines, random);
	const blocks = Array.from(
		{ length: 1 + Math.floor(random() * 60) },
		() => `${some(lines, random)}\n`,
	);
	const file = `src/file${Math.floor(random() * 5)}.ts`;
	let replaces: string | undefined;
	let end: GenerationEnd | undefined;
	const reads: Promise<unknown>[] = [];
	for (let length = 1; length <= line.length && !signal.aborted; length += 3) {
		const controller = new AbortController();
		const stop = (): void => controller.abort();
		signal.addEventListener("abort", stop);
		const stream = engine.client.complete(
			{
				...emptyRequest,
				path: file,
				prefixBlocks: blocks,
				typed: line.slice(0, length),
				maxTokens: 24,
			},
			controller.signal,
			replaces,
		);
		replaces = stream.requestId;
		reads.push(
			engine.read(stream).then((it) => {
				signal.removeEventListener("abort", stop);
				end = it.end;
			}),
		);
		if (random() < 0.2) controller.abort();
		await sleep(random() * 120);
	}
	await Promise.all(reads);
	return end ? outcomeOf(end) : "aborted";
};

const chat: SoakWork = async ({ engine, random, folder }, signal) => {
	const controller = new AbortController();
	const stop = (): void => controller.abort();
	signal.addEventListener("abort", stop);
	const answer = engine.client.chat(
		{
			turns: [
				{ role: "system", text: "You help with code." },
				{ role: "user", text: `Explain: ${some(lines, random)}` },
			],
			maxTokens: 10 + Math.floor(random() * 120),
			temperature: random() < 0.5 ? 0 : 0.8,
			seed: Math.floor(random() * 1e6),
			reference: random() < 0.3 ? lines.join("\n") : "",
			stateFile:
				random() < 0.3 ? path.join(folder, "conversation.state") : null,
		},
		controller.signal,
	);
	const cancelAt = random() < 0.4 ? Math.floor(random() * 30) : undefined;
	for (let chunks = 0; ; chunks++) {
		const next = await answer.next();
		if (next.done) {
			signal.removeEventListener("abort", stop);
			return outcomeOf(next.value);
		}
		if (chunks === cancelAt) controller.abort();
	}
};

const count: SoakWork = async ({ engine, random }) => {
	const text = `${some(lines, random)}\n`.repeat(
		1 + Math.floor(random() * 4000),
	);
	const counted = await engine.client.count([{ role: "user", text }]);
	return counted === undefined
		? "no model"
		: counted.ok
			? "counted"
			: counted.error.code;
};

/** Loads another pair of models, or the same once more. */
const switchModel: SoakWork = async ({ engine, random, folder }) => {
	const talks = path.join(folder, "talks.gguf");
	engine.modelFile = some(
		["", builtInModel, talks, "/nowhere/missing.gguf"],
		random,
	);
	engine.chatFile = random() < 0.5 ? talks : "";
	const end = await engine.supervisor.load();
	// Back to one that is there.
	if (end.kind === "failed") engine.modelFile = "";
	return end.kind;
};

const loadChat: SoakWork = async ({ engine }, signal) => {
	const loaded = await engine.client.loadChat(signal);
	return loaded === undefined
		? "aborted"
		: loaded.ok
			? "loaded"
			: loaded.error.code;
};

const stop: SoakWork = async ({ engine, random }) => {
	await (random() < 0.5
		? engine.supervisor.stop()
		: engine.supervisor.restart());
	return "stopped";
};

const kill: SoakWork = async ({ engine }) => signalled(engine, "SIGKILL");

/** Until the heartbeat notices. */
const freeze: SoakWork = async ({ engine }) => signalled(engine, "SIGSTOP");

function signalled(engine: RealEngine, signal: NodeJS.Signals): string {
	const { pid } = engine;
	if (!Number.isInteger(pid) || !isAlive(pid)) return "not running";
	process.kill(pid, signal);
	return signal;
}

const converse: SoakWork = async ({ random, disk, folder }) => {
	const isFull = random() < 0.5;
	const store = new ConversationStore(
		isFull ? disk.folder : path.join(folder, "conversations"),
	);
	const id = `c${Math.floor(random() * 20)}`;
	const opened = await store.open(id);
	const before = opened.ok
		? opened.value.conversation
		: createConversation(id, Date.now());
	const asked = ask(before, {
		questionId: `q${random()}`,
		answerId: `a${random()}`,
		atMs: Date.now(),
		model: "soak",
		text: some(lines, random),
		prompt: "p".repeat(Math.floor(random() * 100_000)),
		attachments: [],
	});
	const saved = await store.save(asked);
	if (random() < 0.2) await store.delete(id);
	return saved.ok ? "saved" : saved.error.code;
};

/** How often each is done, against the others. */
export const soakWorks: Readonly<Record<string, readonly [number, SoakWork]>> =
	{
		type: [40, type],
		chat: [20, chat],
		count: [8, count],
		converse: [15, converse],
		switchModel: [6, switchModel],
		loadChat: [3, loadChat],
		stop: [2, stop],
		kill: [2, kill],
		freeze: [1, freeze],
	};

function sleep(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
