/** Answers completion requests: builds the prompt, generates, and streams the text. */

import type { Log } from "../../base/log.ts";
import { failure, type Result, success } from "../../base/result.ts";
import type { FromEngine } from "../../protocol/engineProtocol.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import type { FimRequest } from "../../protocol/generation.ts";
import { Detokenizer } from "../decode/detokenizer.ts";
import { generate } from "../decode/generate.ts";
import type { PromptSnapshots } from "../kv/promptSnapshots.ts";
import type { ReadyModel } from "../load/readyModel.ts";
import { cancelled, emptyStats, replyTo } from "../replies.ts";
import type { LoadedModel } from "../runtime/runtime.ts";
import type { LoadGate } from "../schedule/loadGate.ts";
import type { TokenReference } from "../speculation/lookup.ts";
import { CachedTokenizer } from "./cachedTokenizer.ts";
import { type FimPrompt, fimPrompt } from "./fimPrompt.ts";

export interface CompletionsOptions {
	readonly gate: Pick<LoadGate, "run">;
	readonly prompts: Pick<
		PromptSnapshots,
		"requestArrived" | "requestsEnded" | "restore"
	>;
	readonly current: () => Result<ReadyModel, HeadroomError> | undefined;
	readonly references: () => readonly TokenReference[];
	/** Whether a chat answer is in progress or queued. */
	readonly isChatAnswering: () => boolean;
	/** Called when `isAtWork` may have changed. */
	readonly onDidChange: () => void;
	readonly send: (message: FromEngine) => void;
	readonly log: Log;
	readonly now: () => number;
}

interface Running {
	readonly requestId: string;
	readonly request: FimRequest;
	readonly arrivalMs: number;
	readonly controller: AbortController;
	/** Goes on in the place of this one in the queue. */
	successor?: Running;
}

export class Completions {
	readonly #options: CompletionsOptions;
	readonly #running = new Map<string, Running>();
	readonly #tokenizers = new WeakMap<LoadedModel, CachedTokenizer>();
	/** Completions in progress that the user waits for. */
	#awaited = 0;

	constructor(options: CompletionsOptions) {
		this.#options = options;
	}

	/** Whether the user waits for a completion in progress. Idle work does not count: the status would flicker at every pause. */
	get isAtWork(): boolean {
		return this.#awaited > 0;
	}

	/**
	 * Sends chunks and the reply; never rejects.
	 *
	 * @param replaces the id of a request that this one steers. Steering costs no more than the tokens that differ: the earlier request gives way
	 * between two steps, its tokens stay in the KV cache as far as they agree, and nothing else runs in between.
	 */
	async complete(
		requestId: string,
		request: FimRequest,
		replaces?: string,
	): Promise<void> {
		const { gate, prompts, now } = this.#options;
		const running: Running = {
			requestId,
			request,
			arrivalMs: now(),
			controller: new AbortController(),
		};
		const replaced =
			replaces === undefined ? undefined : this.#running.get(replaces);
		if (request.priority === "typing") this.cancelIdle();
		replaced?.controller.abort();
		this.#running.set(requestId, running);
		prompts.requestArrived();
		if (replaced?.request.priority === request.priority)
			lastOf(replaced).successor = running;
		else await gate.run(() => this.#completeAll(running), request.priority);
	}

	async #completeAll(first: Running): Promise<void> {
		for (let it: Running | undefined = first; it; it = it.successor)
			await this.#reply(it);
		this.#options.onDidChange();
	}

	async #reply(running: Running): Promise<void> {
		const { send, prompts, log } = this.#options;
		const { requestId } = running;
		const reply = await replyTo(
			requestId,
			() => this.#complete(running),
			(why) => {
				log.error(`request ${requestId} failed: ${why}`);
				return createError("generationFailed", { why });
			},
		);
		this.#running.delete(requestId);
		if (this.#running.size === 0) prompts.requestsEnded();
		send(reply);
	}

	/** Does nothing for an unknown id. */
	cancel(requestId: string): void {
		this.#running.get(requestId)?.controller.abort();
	}

	cancelAll(): void {
		for (const { controller } of this.#running.values()) controller.abort();
	}

	/** Preempts idle work, because someone waits now. What it has evaluated stays in the KV cache. */
	cancelIdle(): void {
		for (const { request, controller } of this.#running.values())
			if (request.priority === "idle") controller.abort();
	}

	async #complete(
		running: Running,
	): Promise<Result<FromEngine, HeadroomError>> {
		const { current, isChatAnswering, onDidChange, now } = this.#options;
		const { requestId, request, arrivalMs, controller } = running;
		const isIdle = request.priority === "idle";
		if (controller.signal.aborted)
			return success(cancelled(requestId, now() - arrivalMs));
		const ready = current();
		if (!ready) return failure(createError("engineStopped", {}));
		if (!ready.ok) return ready;
		if (isIdle && isChatAnswering())
			return success(cancelled(requestId, now() - arrivalMs));
		if (!isIdle) this.#awaited++;
		onDidChange();
		try {
			const prompt = promptFor(
				request,
				ready.value,
				this.#tokenizerOf(ready.value.model),
			);
			return success(await this.#generate(running, ready.value, prompt));
		} finally {
			// From a request to the one that steers it, work goes on: the status would flicker with every key.
			if (!isIdle) this.#awaited--;
			if (!running.successor) onDidChange();
		}
	}

	#tokenizerOf(model: LoadedModel): CachedTokenizer {
		const tokenizer =
			this.#tokenizers.get(model) ??
			new CachedTokenizer((text) => model.tokenize(text));
		this.#tokenizers.set(model, tokenizer);
		return tokenizer;
	}

	async #generate(
		{ requestId, request, arrivalMs, controller }: Running,
		ready: ReadyModel,
		prompt: FimPrompt,
	): Promise<FromEngine> {
		const { model, caches, vocabulary } = ready;
		const { references, send, now } = this.#options;
		const { path, maxTokens, kind, rank, minProbability } = request;
		let timeToFirstTokenMs: number | null = null;
		const detokenizer = new Detokenizer(
			(tokens, before) => model.detokenize(tokens, before),
			prompt.tokens,
		);
		const cached = {
			...prompt,
			path,
			isInAdvance: request.priority === "idle",
			mayPersist: request.mayPersist === true,
		};
		const cache = caches.chooseFor(cached);
		await this.#options.prompts.restore(cached, cache);
		const speculation = ready.speculation?.forAnswer({
			kind,
			cache,
			references: references(),
			path,
			isSpecial: (token) => model.isSpecial(token),
			isLast: (token) => kind === "line" && vocabulary.endsLine(token),
		});
		const tokens = generate(cache, prompt.tokens, {
			maxTokens,
			chunkTokens: ready.promptStepTokens,
			checkpoints: checkpointsOf(prompt),
			start: {
				heldBack: prompt.heldBack,
				rank,
				isText: isIndentation(request.typed),
				vocabulary,
				textOf: (token) => model.detokenize([token], prompt.tokens.slice(-1)),
			},
			speculation,
			withProbabilities: true,
			minProbability,
			isEnd: (token) => model.isSpecial(token),
			signal: controller.signal,
			now,
		});
		// The answer first repeats what was held back for token healing.
		let repeatedChars = prompt.heldBack.length;
		// Of the tokens whose text is not sent yet.
		let probability = 1;
		let next = await tokens.next();
		while (!next.done) {
			const text = detokenizer.push(next.value.token);
			probability *= next.value.probability ?? 1;
			const chunk = text.slice(repeatedChars);
			repeatedChars -= text.length - chunk.length;
			if (chunk !== "") {
				timeToFirstTokenMs ??= now() - arrivalMs;
				send({
					kind: "chunk",
					requestId,
					segment: "text",
					text: chunk,
					probability,
				});
				probability = 1;
			}
			next = await tokens.next();
		}
		const { stopReason, ...counts } = next.value;
		return {
			kind: "done",
			requestId,
			stopReason,
			stats: {
				...emptyStats(now() - arrivalMs),
				promptTokens: prompt.tokens.length,
				leftOutTokens: prompt.leftOutTokens,
				snippetTokens: prompt.snippetTokens,
				...counts,
				...speculation?.stats,
				timeToFirstTokenMs,
			},
		};
	}
}

function lastOf(running: Running): Running {
	let last = running;
	while (last.successor) last = last.successor;
	return last;
}

function promptFor(
	request: FimRequest,
	{ model, vocabulary, budget }: ReadyModel,
	tokenizer: CachedTokenizer,
): FimPrompt {
	return fimPrompt(
		request,
		{
			tokens: model.fimTokens,
			order: model.description.fimOrder,
			beginningOfText: model.beginningOfText,
			tokenize: (text) => tokenizer.tokenize(text),
			detokenize: (them, before) => model.detokenize(them, before),
			canBegin: (text) => vocabulary.canBegin(text),
		},
		budget,
	);
}

/** Whether the current line is nothing but indentation: who put the cursor there wants text, and small models often just end the line. */
function isIndentation(typed: string): boolean {
	return /(^|\n)[ \t]+$/.test(typed);
}

/** Tokens between two checkpoints among the lines typed behind the stable part. */
const typedCheckpointTokens = 64;

/**
 * Where later prompts roll back to. On an empty line the stable part may be the whole prompt, and its last token must be evaluated again
 * to predict its successor, so the checkpoint comes before that token.
 */
function checkpointsOf({
	snippetTokens,
	stableTokens,
	settledTokens,
}: FimPrompt): readonly number[] {
	const checkpoints = [snippetTokens, stableTokens - 1];
	for (
		let at = stableTokens + typedCheckpointTokens;
		at < settledTokens;
		at += typedCheckpointTokens
	)
		checkpoints.push(at);
	return checkpoints;
}
