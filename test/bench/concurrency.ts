/** `npm run bench -- concurrency`: what a completion waits for an answer that streams, and what the answer loses by that. */

import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { UserError } from "../../scripts/shell.ts";
import type { ChatTurn } from "../../src/protocol/chat.ts";
import { writeChatModel } from "../support/models/chatModel.ts";
import { predictions } from "../support/models/loggedMemory.ts";
import { RealEngine } from "../support/models/realEngine.ts";
import { ReplayClock, replay } from "./replay.ts";
import { headroom } from "./suggesters.ts";
import { makeTraces, type Trace } from "./trace.ts";

export interface ConcurrencyOptions {
	/** Empty for a copy of the built-in model that declares that it can chat. */
	readonly model: string;
	/** Answers in its place; empty for the same. */
	readonly chatModel: string;
	readonly tracesPerLanguage: number;
}

export interface ConcurrencyFigures {
	/** Of the model for completion, then of the chat's own: predicted and allocated bytes, as one over the other. */
	readonly predictedToAllocated: readonly number[];
	readonly completionMsP50Idle: number;
	readonly completionMsP50WhileChatting: number;
	readonly chatTokensPerSecondAlone: number;
	readonly chatTokensPerSecondShared: number;
	/** Beyond the keys that the issue of it asks for. */
	readonly completionMsP95Idle: number;
	readonly completionMsP95WhileChatting: number;
	/** Shown while chatting, as a share of those shown otherwise. */
	readonly shownRatio: number;
}

/** Of answers alone, for each stretch of typing. */
const aloneMs = 5000;
const answerTokens = 400;

const turns: readonly ChatTurn[] = [
	{ role: "system", text: "You help with code." },
	{
		role: "user",
		text: "Explain how a queue is built from two stacks, with code.",
	},
];

/** What answers made in a stretch of time. */
class Answers {
	tokens = 0;
	ms = 0;

	get tokensPerSecond(): number {
		return this.ms === 0 ? 0 : (this.tokens * 1000) / this.ms;
	}
}

/** The same typing is replayed with and without an answer beside it, in turns. */
export async function benchConcurrency({
	model,
	chatModel,
	tracesPerLanguage,
}: ConcurrencyOptions): Promise<ConcurrencyFigures> {
	const traces = makeTraces(tracesPerLanguage, "average");
	if (traces.length === 0)
		throw new UserError("There are no traces to replay.");
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-bench-"));
	const engine = new RealEngine();
	engine.modelFile = model;
	engine.chatFile = chatModel;
	if (model === "") {
		engine.modelFile = path.join(folder, "chat.gguf");
		writeChatModel(engine.modelFile);
	}
	try {
		await engine.completeWhole({ prefixBlocks: ["a"], maxTokens: 1 });
		await answerUntil(engine, AbortSignal.timeout(500), new Answers());
		return {
			predictedToAllocated: predictions(engine.lines),
			...(await compare(engine, traces)),
		};
	} finally {
		await engine.stop();
		rmSync(folder, { recursive: true });
	}
}

async function compare(
	engine: RealEngine,
	traces: readonly Trace[],
): Promise<Omit<ConcurrencyFigures, "predictedToAllocated">> {
	const idleMs: number[] = [];
	const chattingMs: number[] = [];
	const alone = new Answers();
	const shared = new Answers();
	const shown = { idle: 0, chatting: 0 };
	const replayed = (pair: readonly Trace[]) => {
		const clock = new ReplayClock();
		return replay(pair, headroom(engine, clock), { clock, skipsNothing: true });
	};
	for (let i = 0; i < traces.length; i += 2) {
		const pair = traces.slice(i, i + 2);
		const typeIdle = async () => {
			const figures = await replayed(pair);
			idleMs.push(...figures.firstLinesMs);
			shown.idle += figures.shown;
		};
		const typeChatting = async () => {
			const stop = new AbortController();
			const answering = answerUntil(engine, stop.signal, shared);
			const figures = await replayed(pair);
			stop.abort();
			await answering;
			chattingMs.push(...figures.firstLinesMs);
			shown.chatting += figures.shown;
		};
		// Which goes first changes: the second finds prompts evaluated.
		const order =
			i % 4 === 0 ? [typeIdle, typeChatting] : [typeChatting, typeIdle];
		for (const it of order) await it();
		await answerUntil(engine, AbortSignal.timeout(aloneMs), alone);
		console.error(`${i + pair.length} of ${traces.length} traces`);
	}
	return {
		completionMsP50Idle: percentile(idleMs, 0.5),
		completionMsP50WhileChatting: percentile(chattingMs, 0.5),
		chatTokensPerSecondAlone: rounded(alone.tokensPerSecond),
		chatTokensPerSecondShared: rounded(shared.tokensPerSecond),
		completionMsP95Idle: percentile(idleMs, 0.95),
		completionMsP95WhileChatting: percentile(chattingMs, 0.95),
		shownRatio:
			Math.round((100 * shown.chatting) / Math.max(shown.idle, 1)) / 100,
	};
}

/** One answer after the other. Only the time counts in which they stream. */
async function answerUntil(
	engine: RealEngine,
	signal: AbortSignal,
	answers: Answers,
): Promise<void> {
	for (let seed = 1; !signal.aborted; seed++) {
		const chunks = engine.client.chat(
			{
				turns,
				maxTokens: answerTokens,
				temperature: 0.8,
				seed,
				reference: "",
				stateFile: null,
			},
			signal,
		);
		let next = await chunks.next();
		const startMs = performance.now();
		while (!next.done) next = await chunks.next();
		const end = next.value;
		if (end.kind === "failed") throw new Error(JSON.stringify(end.error));
		if (end.kind === "cancelled") return;
		answers.tokens += Math.max(0, end.stats.decodeTokens - 1);
		answers.ms += performance.now() - startMs;
	}
}

function percentile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return rounded(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
}

function rounded(value: number): number {
	return Math.round(value * 10) / 10;
}
