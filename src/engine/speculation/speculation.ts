/** Speculative decoding of one answer: drafts from the most promising source, and learns which drafts are accepted. */

import { maxVerifiedTokens } from "../../memory/plan/planRequest.ts";
import {
	type SpeculationMode,
	usesDraftModel,
	usesLookup,
} from "../../protocol/speculation.ts";
import type { Token } from "../runtime/runtime.ts";
import type { Controller } from "./controller.ts";
import { type Draft, type Drafter, shortened } from "./draft.ts";
import { matchEvidence, resumedEvidence } from "./evidence.ts";
import type { Lookup, LookupDraft, ResumedDraft } from "./lookup.ts";

export interface SpeculationOptions {
	readonly mode: SpeculationMode;
	readonly controller: Controller;
	readonly lookup: Lookup;
	readonly draftModel: Drafter | undefined;
	/** Special tokens are never drafted: they occur in prompts but not in answers. */
	readonly isSpecial: (token: Token) => boolean;
	/** Nothing is drafted after such a token. */
	readonly isLast: (token: Token) => boolean;
	/** Tokens evaluated between two checks of the signal. */
	readonly chunkTokens: number;
	readonly now: () => number;
}

export interface SpeculationStats {
	/** Drafted tokens that were verified. */
	readonly draftedTokens: number;
	readonly acceptedTokens: number;
	/** The estimated time of plain decoding; 0 if nothing was drafted. */
	readonly plainDecodeMs: number;
}

/** A draft that is compared with the generated tokens without being verified, to learn its acceptance rate for free. */
interface Watched {
	readonly draft: Draft;
	readonly seenTokens: number;
}

export class Speculation {
	readonly #options: SpeculationOptions;
	readonly #watched = new Map<Draft["source"], Watched>();
	#draftingMs = 0;
	#draftedTokens = 0;
	#acceptedTokens = 0;
	readonly #generated: Token[] = [];

	constructor(options: SpeculationOptions) {
		this.#options = options;
	}

	get stats(): SpeculationStats {
		return {
			draftedTokens: this.#draftedTokens,
			acceptedTokens: this.#acceptedTokens,
			plainDecodeMs:
				this.#draftedTokens > 0
					? this.#generated.length * this.#options.controller.plainMs
					: 0,
		};
	}

	/** The tokens generated so far. */
	get generated(): readonly Token[] {
		return this.#generated;
	}

	begin(prompt: readonly Token[]): void {
		if (this.#uses("lookup")) this.#options.lookup.begin(prompt);
	}

	/** Prefills the draft model along with the model, if it is likely to draft. */
	async read(
		prompt: readonly Token[],
		end: number,
		signal: AbortSignal,
	): Promise<void> {
		const { draftModel, chunkTokens } = this.#options;
		if (this.#shouldRead(prompt))
			await draftModel?.read(prompt, end, { chunkTokens, signal });
	}

	/**
	 * The draft to verify after the text; undefined if none pays.
	 *
	 * @param room the maximal length of the draft.
	 */
	async propose(
		text: readonly Token[],
		room: number,
		signal: AbortSignal,
	): Promise<Draft | undefined> {
		const { controller } = this.#options;
		const maxTokens = Math.min(room, maxVerifiedTokens - 1);
		if (maxTokens <= 0) return undefined;
		const found = this.#lookUp(maxTokens);
		const ofFound = found ? controller.decide(found) : nothing;
		const expected = this.#shouldRead(text)
			? controller.expectedModelGain()
			: 0;
		if (expected <= ofFound.gain) {
			if (this.#shouldProbe(text))
				await this.#draftByModel(text, maxTokens, signal, isProbe);
			return found && shortened(found, ofFound.length);
		}
		await this.#catchUp(text, signal);
		const made = await this.#draftByModel(text, maxTokens, signal, (evidence) =>
			controller.shouldContinue(evidence),
		);
		const ofMade = made ? controller.decide(made) : nothing;
		return ofMade.gain > ofFound.gain
			? made && shortened(made, ofMade.length)
			: found && shortened(found, ofFound.length);
	}

	/**
	 * Records the outcome of a decode step.
	 *
	 * @param tokens the generated ones: the accepted part of the draft, and one more.
	 */
	recordStep(
		draft: Draft | undefined,
		tokens: readonly Token[],
		ms: number,
	): void {
		const { controller } = this.#options;
		const acceptedTokens = tokens.length - 1;
		if (draft) {
			this.#draftedTokens += draft.tokens.length;
			this.#acceptedTokens += acceptedTokens;
			controller.learn(
				draft,
				acceptedTokens,
				acceptedTokens < draft.tokens.length,
			);
			this.#watched.delete(draft.source);
		}
		for (const [source, watched] of this.#watched)
			this.#compare(source, watched, tokens);
		controller.recordStep({
			draft,
			acceptedTokens,
			ms,
			draftingMs: this.#draftingMs,
		});
		this.#draftingMs = 0;
		this.append(tokens);
	}

	/** Records tokens that were generated without a draft. */
	append(tokens: readonly Token[]): void {
		this.#generated.push(...tokens);
		if (!this.#uses("lookup")) return;
		for (const it of tokens) this.#options.lookup.push(it);
	}

	/** Ends the answer at this length. */
	end(generatedTokens: number): void {
		this.#generated.length = Math.min(this.#generated.length, generatedTokens);
		if (generatedTokens > 0)
			this.#options.controller.recordAnswer(generatedTokens);
	}

	#uses(what: "lookup" | "draft"): boolean {
		const { mode, draftModel } = this.#options;
		return what === "lookup"
			? usesLookup(mode)
			: usesDraftModel(mode) && draftModel !== undefined;
	}

	/** Prefills a long unread text before drafting, so that its time does not count as drafting time. */
	async #catchUp(text: readonly Token[], signal: AbortSignal): Promise<void> {
		const { draftModel, chunkTokens } = this.#options;
		if (!draftModel || draftModel.unreadTokens(text) <= chunkTokens) return;
		await draftModel.read(text, text.length - 1, { chunkTokens, signal });
	}

	#shouldRead(text: readonly Token[]): boolean {
		const { controller, draftModel } = this.#options;
		if (!draftModel || !this.#uses("draft")) return false;
		const unreadTokens = draftModel.unreadTokens(text);
		return controller.shouldRead(unreadTokens, this.#generated.length);
	}

	#shouldProbe(text: readonly Token[]): boolean {
		const { controller, draftModel } = this.#options;
		if (!draftModel || !this.#uses("draft")) return false;
		const unreadTokens = draftModel.unreadTokens(text);
		return controller.shouldProbe({ unreadTokens, tokens: probeTokens });
	}

	/** Prompt lookup: the better of the longest match and a copy that resumes after a change. */
	#lookUp(maxTokens: number): Draft | undefined {
		if (!this.#uses("lookup")) return undefined;
		const { controller, lookup } = this.#options;
		const resumed = this.#resumed(lookup.resume(maxTokens));
		const found = this.#found(lookup.find(maxTokens));
		const isResumed =
			resumed &&
			(!found ||
				controller.decide(resumed).gain > controller.decide(found).gain);
		const draft = isResumed ? resumed : found;
		if (draft) this.#watch(draft);
		return draft;
	}

	#found(found: LookupDraft | undefined): Draft | undefined {
		const tokens = this.#wanted(found?.tokens ?? []);
		if (!found || tokens.length === 0) return undefined;
		const { copiedTokens } = this.#options.lookup;
		const evidence = matchEvidence(copiedTokens, tokens.length);
		return { source: "lookup", tokens, evidence };
	}

	#resumed(found: ResumedDraft | undefined): Draft | undefined {
		const tokens = this.#wanted(found?.tokens ?? []);
		if (!found || tokens.length === 0) return undefined;
		const { matchedTokens, copiedTokens } = found;
		const evidence = resumedEvidence(
			matchedTokens,
			copiedTokens,
			tokens.length,
		);
		return { source: "lookup", tokens, evidence };
	}

	async #draftByModel(
		text: readonly Token[],
		maxTokens: number,
		signal: AbortSignal,
		shouldContinue: (evidence: readonly number[]) => boolean,
	): Promise<Draft | undefined> {
		const { controller, draftModel, chunkTokens, now } = this.#options;
		const startMs = now();
		const made = await draftModel?.draft(text, {
			maxTokens,
			chunkTokens,
			shouldContinue,
			onTokenMs: (ms) => controller.recordDraftToken(ms),
			now,
			signal,
		});
		this.#draftingMs += now() - startMs;
		if (!made) return undefined;
		controller.recordModelDraft(made);
		const tokens = this.#wanted(made.tokens);
		const draft = shortened(made, tokens.length);
		if (draft) this.#watch(draft);
		return draft;
	}

	#wanted(tokens: readonly Token[]): readonly Token[] {
		const { isSpecial, isLast } = this.#options;
		const end = tokens.findIndex(isSpecial);
		const text = end < 0 ? tokens : tokens.slice(0, end);
		const last = text.findIndex(isLast);
		return last < 0 ? text : text.slice(0, last + 1);
	}

	/** Watches one draft per source to its end: otherwise only the first tokens of drafts would ever be learned. */
	#watch(draft: Draft): void {
		if (!this.#watched.has(draft.source))
			this.#watched.set(draft.source, { draft, seenTokens: 0 });
	}

	#compare(
		source: Draft["source"],
		{ draft, seenTokens }: Watched,
		tokens: readonly Token[],
	): void {
		const rest = draft.tokens.slice(seenTokens);
		const evidence = draft.evidence.slice(seenTokens);
		let right = 0;
		while (
			right < Math.min(rest.length, tokens.length) &&
			rest[right] === tokens[right]
		)
			right++;
		const isRefuted = right < rest.length && right < tokens.length;
		this.#options.controller.learn({ ...draft, evidence }, right, isRefuted);
		if (isRefuted || right === rest.length) this.#watched.delete(source);
		else this.#watched.set(source, { draft, seenTokens: seenTokens + right });
	}
}

const nothing = { length: 0, gain: 1 } as const;

/** Enough to estimate the acceptance rate. */
const probeTokens = 8;
const isProbe = (evidence: readonly number[]): boolean =>
	evidence.length < probeTokens;
