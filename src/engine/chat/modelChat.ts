/** Chat with a loaded model: its template, and a context that is created for the first question. */

import { failure, type Result, success } from "../../base/result.ts";
import { usableBytes } from "../../memory/machine/devices.ts";
import {
	admits,
	cacheBytes,
	type Plan,
	planFor,
} from "../../memory/plan/plan.ts";
import { roleNeeds } from "../../memory/plan/roles.ts";
import type { LoadableFile } from "../../models/header/modelFile.ts";
import type { Device } from "../../protocol/device.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import type { SpeculationMode } from "../../protocol/speculation.ts";
import { KvCache } from "../kv/kvCache.ts";
import type { VerifyCosts } from "../measure/verifyCosts.ts";
import type {
	AllocatedBytes,
	LoadedModel,
	Sequences,
	Token,
} from "../runtime/runtime.ts";
import { sumAllocated } from "../runtime/sumAllocated.ts";
import { type TimeSlicer, timeSliced } from "../schedule/timeSlicer.ts";
import type { DraftModel } from "../speculation/draftModel.ts";
import type { DraftContext, ModelDraft } from "../speculation/modelDraft.ts";
import { ModelSpeculation } from "../speculation/modelSpeculation.ts";
import { type ChatTemplate, chatTemplateOf } from "./chatTemplate.ts";
import { AnswerTokens } from "./chatTokens.ts";
import { specialToken, tagTokens } from "./reasoningTags.ts";

export interface ModelChatOptions {
	readonly file: LoadableFile;
	readonly model: LoadedModel;
	/** The plan of everything loaded; undefined for a load without a plan. */
	readonly plan: Plan | undefined;
	/** The limit of the model or the user. */
	readonly contextWindow: number;
	readonly batchTokens: number;
	readonly draft: ModelDraft | undefined;
	readonly verifyCosts: VerifyCosts | undefined;
	readonly speculation: SpeculationMode;
	readonly slicer: TimeSlicer;
	/** Identifies the version of the file and the build of llama.cpp. */
	readonly stateKey: string;
	/** Their current state. */
	readonly devices: () => Promise<readonly Device[]>;
	/** The context, where the model only chats; else it is created for the first question. */
	readonly only?: OnlyContext;
}

/** A context that is part of the plan. */
interface OnlyContext {
	readonly cache: KvCache;
	readonly windowTokens: number;
}

/** The context for chats; one conversation at a time is in it. */
export interface OpenChatContext {
	readonly cache: KvCache;
	readonly speculation: ModelSpeculation | undefined;
	/** Slices its evaluations. */
	readonly slicer: TimeSlicer;
	readonly allocatedBytes: AllocatedBytes;
	/** The plan of everything loaded, with this context. */
	readonly plan: Plan | undefined;
}

/** The smallest window: without a plan no more is risked. */
const unplannedWindow = roleNeeds.chat.contextWindows.at(-1) ?? 0;

export class ModelChat {
	readonly template: ChatTemplate;
	readonly windowTokens: number;
	/** The tags around reasoning that are special tokens. */
	readonly tags: ReadonlyMap<Token, string>;
	readonly answers = new AnswerTokens();
	readonly #options: ModelChatOptions;
	#context: OpenChatContext | undefined;
	#sequences: Sequences | undefined;
	#draft: DraftContext | undefined;

	private constructor(
		template: ChatTemplate,
		windowTokens: number,
		options: ModelChatOptions,
	) {
		this.template = template;
		this.windowTokens = windowTokens;
		this.tags = tagTokens(options.model);
		this.#options = options;
		const { only, plan, slicer, draft } = options;
		if (!only) return;
		const { cache } = only;
		this.#context = {
			cache,
			slicer,
			speculation: this.#speculation(cache, draft?.models.get(cache)),
			allocatedBytes: { vramBytes: 0, ramBytes: 0 },
			plan,
		};
	}

	/** Fails if the model cannot chat. */
	static of(options: ModelChatOptions): Result<ModelChat, HeadroomError> {
		const { file, model } = options;
		const template = chatTemplateOf(
			file,
			{ ...model.specialTexts, today: new Date() },
			(text) => specialToken(model, text) !== undefined,
		);
		if (!template.ok) return template;
		const windowTokens = options.only?.windowTokens ?? largestWindow(options);
		if (windowTokens === undefined)
			return failure(
				createError("chatOutOfMemory", {
					needs: [{ kind: "noContextFits" }],
				}),
			);
		return success(new ModelChat(template.value, windowTokens, options));
	}

	/** Of the work of chats. */
	get slicer(): TimeSlicer {
		return this.#options.slicer;
	}

	/** A KV snapshot can be restored only under the same key. */
	get stateKey(): string {
		const kvType = this.#options.plan?.request.kvType ?? "f16";
		return `${this.#options.stateKey}, ${this.windowTokens} tokens, ${kvType}`;
	}

	/** Bytes per token in the KV cache and in a snapshot; 0 without a plan. */
	get tokenBytes(): number {
		const { plan, only } = this.#options;
		if (!plan) return 0;
		const { windowTokens: chatWindow } = this;
		if (only) return cacheBytes(plan) / chatWindow;
		const added =
			cacheBytes(planFor({ ...plan.request, chatWindow })) - cacheBytes(plan);
		return added / chatWindow;
	}

	/** Whether its context is created. */
	get isOpen(): boolean {
		return this.#context !== undefined;
	}

	/** The context, created on the first call. */
	async open(): Promise<Result<OpenChatContext, HeadroomError>> {
		if (this.#context) return success(this.#context);
		return this.#options.slicer.run(() => this.#open());
	}

	async #open(): Promise<Result<OpenChatContext, HeadroomError>> {
		const { model, plan, batchTokens, draft, slicer } = this.#options;
		const withContext =
			plan && planFor({ ...plan.request, chatWindow: this.windowTokens });
		const refusal =
			plan && withContext && (await this.#refusal(plan, withContext));
		if (refusal) return failure(refusal);
		const options = {
			contextWindow: this.windowTokens,
			batchTokens,
			kvType: plan?.request.kvType ?? "f16",
		} as const;
		const made = await model.createSequences({ ...options, count: 1 });
		const [sequence] = made.ok ? made.value.all : [];
		if (!made.ok || !sequence)
			return failure(
				createError("chatOutOfMemory", {
					needs: [{ kind: "allocationFailed" }],
				}),
			);
		const wrap = (it: typeof sequence) => timeSliced(it, slicer);
		try {
			this.#draft = await draft?.createContext(options, wrap);
		} catch (thrown) {
			// The next question creates it again.
			await made.value.dispose();
			throw thrown;
		}
		this.#sequences = made.value;
		const cache = new KvCache(wrap(sequence));
		const allocated = [made.value, this.#draft].flatMap(
			(it) => it?.allocatedBytes ?? [],
		);
		this.#context = {
			cache,
			slicer,
			speculation: this.#speculation(cache, this.#draft?.drafter),
			allocatedBytes: allocated.reduce(sumAllocated),
			plan: withContext,
		};
		return success(this.#context);
	}

	async dispose(): Promise<void> {
		this.#context = undefined;
		await this.#draft?.dispose();
		await this.#sequences?.dispose();
	}

	/** The context was priced at load time; other programs may have taken the memory since. */
	async #refusal(
		plan: Plan,
		withContext: Plan,
	): Promise<HeadroomError | undefined> {
		const now = await this.#options.devices();
		for (const [
			index,
			{ device, neededBytes },
		] of withContext.devices.entries()) {
			const addedBytes = neededBytes - (plan.devices[index]?.neededBytes ?? 0);
			const free = now.find(({ id }) => id === device.id);
			if (!free || addedBytes <= usableBytes(free)) continue;
			return createError("chatOutOfMemory", {
				needs: [
					{
						kind: "contextNeeds",
						device: device.name,
						neededBytes: addedBytes,
						freeBytes: usableBytes(free),
					},
				],
			});
		}
		return undefined;
	}

	/** Separate from that of completions, whose lookup is in the middle of another text. */
	#speculation(
		cache: KvCache,
		drafter: DraftModel | undefined,
	): ModelSpeculation | undefined {
		const { verifyCosts, speculation, draft, batchTokens, slicer } =
			this.#options;
		if (!verifyCosts) return undefined;
		return new ModelSpeculation({
			mode: speculation,
			costs: verifyCosts,
			draft: draft &&
				drafter && { costs: draft.costs, models: new Map([[cache, drafter]]) },
			chunkTokens: batchTokens,
			now: () => slicer.now(),
		});
	}
}

/** Undefined if none fits. */
function largestWindow({
	plan,
	contextWindow,
}: ModelChatOptions): number | undefined {
	if (!plan) return Math.min(contextWindow, unplannedWindow);
	return roleNeeds.chat.contextWindows
		.map((it) => Math.min(it, contextWindow))
		.find((chatWindow) => admits(planFor({ ...plan.request, chatWindow })));
}
