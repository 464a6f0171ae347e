/** One way to decode, with all that it needs of its own: caches, and what it has learned. */

import { generate } from "../../src/engine/decode/generate.ts";
import { KvCache } from "../../src/engine/kv/kvCache.ts";
import { VerifyCosts } from "../../src/engine/measure/verifyCosts.ts";
import type {
	LoadedModel,
	Sequence,
	Token,
} from "../../src/engine/runtime/runtime.ts";
import {
	bestGain,
	type DraftCosts,
	minGain,
} from "../../src/engine/speculation/controller.ts";
import { DraftModel } from "../../src/engine/speculation/draftModel.ts";
import { bestAcceptance } from "../../src/engine/speculation/modelDraft.ts";
import { ModelSpeculation } from "../../src/engine/speculation/modelSpeculation.ts";
import type { WorkKind } from "../../src/protocol/generation.ts";
import type { SpeculationMode } from "../../src/protocol/speculation.ts";
import { DictatedSequence } from "../support/sequences/dictatedSequence.ts";
import { CountedSequence, type SequenceCounts } from "./countedSequence.ts";
import type { Task } from "./speculationWorks.ts";

/** The settings, by what the table calls them. */
export const sources = {
	none: "off",
	lookup: "lookup",
	draft: "draft",
	auto: "auto",
} as const satisfies Readonly<Record<string, SpeculationMode>>;
export type Source = keyof typeof sources;

export interface LaneOptions {
	readonly source: Source;
	readonly model: LoadedModel;
	readonly target: Sequence;
	readonly draft: Sequence;
	/** As a load measures them. */
	readonly verifyMs: ReadonlyMap<number, number>;
	readonly draftCosts: DraftCosts;
	readonly now?: () => number;
}

export interface Answer {
	readonly tokens: readonly Token[];
	/** All but the target's reading of the prompt. */
	readonly ms: number;
	readonly draftedTokens: number;
	readonly acceptedTokens: number;
	readonly steps: number;
	readonly target: SequenceCounts;
	readonly draft: SequenceCounts;
}

const chunkTokens = 128;

export class Lane {
	readonly source: Source;
	readonly #options: LaneOptions;
	readonly #target: CountedSequence;
	readonly #dictated: DictatedSequence;
	readonly #draft: CountedSequence;
	readonly #cache: KvCache;
	readonly #draftCache: KvCache;
	#speculation: ModelSpeculation;

	constructor(options: LaneOptions) {
		this.source = options.source;
		this.#options = options;
		this.#target = new CountedSequence(options.target);
		this.#dictated = new DictatedSequence(this.#target);
		this.#draft = new CountedSequence(options.draft);
		this.#cache = new KvCache(this.#dictated);
		this.#draftCache = new KvCache(this.#draft);
		this.#speculation = this.#begin();
	}

	/** As after a load: nothing is learned, and the draft model has read nothing. */
	async forget(): Promise<void> {
		await this.#draftCache.rollBackTo(0);
		this.#speculation = this.#begin();
	}

	async answer(task: Task, kind: WorkKind): Promise<Answer> {
		const { model, now = () => performance.now() } = this.#options;
		const isSpecial = (token: Token): boolean => model.isSpecial(token);
		const speculation = this.#speculation.forAnswer({
			kind,
			cache: this.#cache,
			references: [],
			path: "",
			isSpecial,
			isLast: () => false,
		});
		this.#dictated.dictate(task.dictated);
		this.#target.take();
		this.#draft.take();
		const stop = new AbortController();
		const startMs = now();
		const answer = generate(this.#cache, task.prompt, {
			maxTokens: task.maxTokens,
			chunkTokens,
			...(task.start && { start: task.start }),
			...(task.sampling && { sampling: task.sampling }),
			speculation,
			isEnd: isSpecial,
			signal: stop.signal,
			now,
		});
		const tokens: Token[] = [];
		let next = await answer.next();
		for (; !next.done; next = await answer.next()) {
			tokens.push(next.value.token);
			if (!task.dictated && runsInCircles(tokens)) stop.abort();
		}
		const target = this.#target.take();
		return {
			tokens,
			ms: now() - startMs - target.readMs,
			draftedTokens: speculation?.stats.draftedTokens ?? 0,
			acceptedTokens: speculation?.stats.acceptedTokens ?? 0,
			steps: next.value.decodeSteps,
			target,
			draft: this.#draft.take(),
		};
	}

	#begin(): ModelSpeculation {
		const { source, verifyMs, draftCosts, model } = this.#options;
		const costs = new VerifyCosts(verifyMs);
		// A load does not keep a draft that cannot pay.
		const isKept = bestGain(costs, draftCosts, bestAcceptance) >= minGain;
		const now = this.#options.now ?? (() => performance.now());
		const drafter = new DraftModel(this.#draftCache, model.allTokens().length);
		return new ModelSpeculation({
			mode: sources[source],
			costs,
			draft: isKept
				? { costs: draftCosts, models: new Map([[this.#cache, drafter]]) }
				: undefined,
			chunkTokens,
			now,
		});
	}
}

const shortestCircle = 4;
const longestCircle = 32;

/** Whether the same came three times in a row. The product shows nothing of that, and lookup would shine with it. */
function runsInCircles(tokens: readonly Token[]): boolean {
	for (let period = shortestCircle; period <= longestCircle; period++) {
		const start = tokens.length - 3 * period;
		if (start < 0) return false;
		const repeats = tokens
			.slice(start + period)
			.every((token, index) => token === tokens[start + index]);
		if (repeats) return true;
	}
	return false;
}
