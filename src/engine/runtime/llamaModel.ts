/** A model loaded by llama.cpp: tokenizer, special tokens, and contexts. */

import type { Log } from "../../base/log.ts";
import { failure, type Result, success } from "../../base/result.ts";
import type { Device } from "../../protocol/device.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import type { ModelDescription } from "../../protocol/model.ts";
import type { ThreadChooser } from "../schedule/threadCount.ts";
import { disposeWithin } from "./disposeWithin.ts";
import { fimOf } from "./llamaFim.ts";
import { LlamaSequence } from "./llamaSequence.ts";
import {
	branded,
	type LlamaModel,
	LlamaVocabularyType,
} from "./nodeLlamaCpp.ts";
import { type LoggedErrors, outOfMemoryError } from "./outOfMemoryError.ts";
import type {
	AllocatedBytes,
	FimTokens,
	LoadedModel,
	SequenceOptions,
	Sequences,
	Token,
} from "./runtime.ts";

const libraryKvTypes = { f16: "F16", q8_0: "Q8_0" } as const;

/** Freeing the largest models takes about a second, and the library first waits for evaluations under way. */
const maxDisposeMs = 10_000;

interface LlamaModelOptions {
	readonly threads: ThreadChooser;
	/** A plan has checked that it fits, so the library need not. */
	readonly isPlanned: boolean;
	readonly devices: () => Promise<readonly Device[]>;
	readonly errors: LoggedErrors;
	readonly log: Log;
}

export class LlamaLoadedModel implements LoadedModel {
	readonly description: ModelDescription;
	readonly fimTokens: FimTokens | null;
	readonly beginningOfText: Token | null;
	readonly specialTexts: LoadedModel["specialTexts"];
	readonly devices: () => Promise<readonly Device[]>;
	readonly #model: LlamaModel;
	readonly #options: LlamaModelOptions;
	readonly #special = new Map<Token, boolean>();

	constructor(
		model: LlamaModel,
		description: ModelDescription,
		options: LlamaModelOptions,
	) {
		this.#model = model;
		this.#options = options;
		this.devices = options.devices;
		const fim = fimOf(
			{
				infill: model.tokens.infill,
				metadata: model.fileInfo.metadata,
				tokenize: (text) => model.tokenize(text, true),
				isSpecial: (token) => this.isSpecial(token),
			},
			description.fimOrder,
		);
		this.description = { ...description, fimOrder: fim.order };
		this.fimTokens = fim.tokens;
		this.beginningOfText = model.tokens.shouldPrependBosToken
			? model.tokens.bos
			: null;
		this.specialTexts = {
			beginningOfText: model.tokens.bosString ?? "",
			endOfText: model.tokens.eosString ?? "",
		};
	}

	get backend(): string {
		return backendOf(this.#model, this.#options.threads.count);
	}

	get allocatedBytes(): AllocatedBytes {
		return allocatedBytes(this.#model.memoryUsage);
	}

	tokenize(text: string): readonly Token[] {
		// SentencePiece would insert a leading space.
		return this.#model.vocabularyType === LlamaVocabularyType.spm
			? this.#model.tokenize(text, false, "trimLeadingSpace")
			: this.#model.tokenize(text, false);
	}

	tokenizeTemplate(text: string): readonly Token[] {
		const whole = (it: string) => this.#model.tokenize(it, true);
		if (this.#model.vocabularyType !== LlamaVocabularyType.spm)
			return whole(text);
		// The library's option against the leading space does not apply when it parses special tokens.
		const line = whole("\n");
		const behindLine = whole(`\n${text}`);
		return line.every((token, at) => behindLine[at] === token)
			? behindLine.slice(line.length)
			: whole(text);
	}

	detokenize(tokens: readonly Token[], before: readonly Token[]): string {
		return this.#model.detokenize(branded(tokens), false, branded(before));
	}

	allTokens(): readonly Token[] {
		return [...this.#model.iterateAllTokens()];
	}

	/** Cached: called for every token of every draft, and the library calls native code for it. */
	isSpecial(token: Token): boolean {
		const known = this.#special.get(token);
		if (known !== undefined) return known;
		const [it] = branded([token]);
		const found = this.#model.isEogToken(it) || this.#model.isSpecialToken(it);
		this.#special.set(token, found);
		return found;
	}

	async createSequences({
		count,
		contextWindow,
		batchTokens,
		kvType,
	}: SequenceOptions): Promise<Result<Sequences, HeadroomError>> {
		const { threads, isPlanned, errors } = this.#options;
		errors.clear();
		try {
			const context = await this.#model.createContext({
				contextSize: contextWindow,
				batchSize: batchTokens,
				sequences: count,
				threads: threads.count,
				ignoreMemorySafetyChecks: isPlanned,
				experimentalKvCacheKeyType: libraryKvTypes[kvType],
				experimentalKvCacheValueType: libraryKvTypes[kvType],
				batching: { itemPrioritizationStrategy: "firstInFirstOut" },
			});
			return success({
				all: Array.from(
					{ length: count },
					() => new LlamaSequence(context, contextWindow, threads),
				),
				allocatedBytes: allocatedBytes(context.memoryUsage),
				dispose: () => this.#disposeOf("a context", context),
			});
		} catch (thrown) {
			const { file } = this.description;
			return failure(
				outOfMemoryError(file, thrown, errors) ??
					createError("modelRefused", { file, why: messageOf(thrown) }),
			);
		}
	}

	dispose(): Promise<void> {
		return this.#disposeOf("the model", this.#model);
	}

	#disposeOf(
		what: string,
		it: { readonly dispose: () => Promise<void> },
	): Promise<void> {
		return disposeWithin(
			maxDisposeMs,
			`${what} (${this.description.name})`,
			() => it.dispose(),
			this.#options.log,
		);
	}
}

function allocatedBytes({
	vram,
	ram,
}: LlamaModel["memoryUsage"]): AllocatedBytes {
	return { vramBytes: vram, ramBytes: ram };
}

/** Judged by the memory in use: with a driver but no device, llama.cpp silently loads onto the CPU. */
export function isOnCpu(model: LlamaModel): boolean {
	return model.llama.gpu === false || model.memoryUsage.vram === 0;
}

function backendOf(model: LlamaModel, threads: number): string {
	const { gpu } = model.llama;
	if (gpu === false || isOnCpu(model))
		return `CPU (${threads} ${threads === 1 ? "thread" : "threads"})`;
	return { cuda: "CUDA", vulkan: "Vulkan", metal: "Metal" }[gpu];
}
