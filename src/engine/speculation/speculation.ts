/** Drafts for one answer: asks the sources in the order of what they promise, and learns from what the model then says. */

import { maxVerifiedTokens } from "../../memory/plan/plan.ts";
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
	/** A prompt has tokens that no answer has. */
	readonly isSpecial: (token: Token) => boolean;
	/** What comes after such a token is not wanted. */
	readonly isLast: (token: Token) => boolean;
	/** Tokens evaluated between two looks at the signal. */
	readonly chunkTokens: number;
	readonly now: () => number;
}

/** What was drafted in an answer, and what it was good for. */
export interface SpeculationStats {
	/** Tokens of drafts that were verified. */
	readonly draftedTokens: number;
	readonly acceptedTokens: number;
	/** What all tokens would have taken one by one; 0 where nothing was drafted. */
	readonly plainDecodeMs: number;
}

/** A draft that was not verified, held against what the model says by itself: so it is known what it would have been good for. */
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
	readonly #said: Token[] = [];

	constructor(options: SpeculationOptions) {
		this.#options = options;
	}

	get stats(): SpeculationStats {
		return {
			draftedTokens: this.#draftedTokens,
			acceptedTokens: this.#acceptedTokens,
			plainDecodeMs:
				this.#draftedTokens > 0
					? this.#said.length * this.#options.controller.plainMs
					: 0,
		};
	}

	/** What the model has said so far. */
	get said(): readonly Token[] {
		return this.#said;
	}

	begin(prompt: readonly Token[]): void {
		if (this.#uses("lookup")) this.#options.lookup.begin(prompt);
	}

	/** Lets the draft model read along, where it is likely to be asked. */
	async read(
		prompt: readonly Token[],
		end: number,
		signal: AbortSignal,
	): Promise<void> {
		const { draftModel, chunkTokens } = this.#options;
		if (this.#mayRead(prompt))
			await draftModel?.read(prompt, end, { chunkTokens, signal });
	}

	/**
	 * What to verify after the text; undefined where nothing pays.
	 *
	 * @param room for so many tokens, that of the one which follows the draft not among them.
	 */
	async propose(
		text: readonly Token[],
		room: number,
		signal: AbortSignal,
	): Promise<Draft | undefined> {
		const { controller } = this.#options;
		const most = Math.min(room, maxVerifiedTokens - 1);
		if (most <= 0) return undefined;
		const found = this.#lookUp(most);
		const ofFound = found ? controller.decide(found) : nothing;
		const expected = this.#mayRead(text) ? controller.expectedOfModel() : 0;
		if (expected <= ofFound.gain) {
			if (this.#mayProbe(text))
				await this.#askModel(text, most, signal, isProbe);
			return found && shortened(found, ofFound.length);
		}
		await this.#catchUp(text, signal);
		const made = await this.#askModel(text, most, signal, (evidence) =>
			controller.goesOn(evidence),
		);
		const ofMade = made ? controller.decide(made) : nothing;
		return ofMade.gain > ofFound.gain
			? made && shortened(made, ofMade.length)
			: found && shortened(found, ofFound.length);
	}

	/**
	 * What came of a step.
	 *
	 * @param tokens that the model said: those of the draft that it accepted, and one more.
	 */
	settle(draft: Draft | undefined, tokens: readonly Token[], ms: number): void {
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
		controller.settle({
			draft,
			acceptedTokens,
			ms,
			draftingMs: this.#draftingMs,
		});
		this.#draftingMs = 0;
		this.note(tokens);
	}

	/** The model has said something, with nothing drafted. */
	note(tokens: readonly Token[]): void {
		this.#said.push(...tokens);
		if (!this.#uses("lookup")) return;
		for (const it of tokens) this.#options.lookup.push(it);
	}

	/** Nothing of the answer is wanted beyond so many tokens. */
	end(saidTokens: number): void {
		this.#said.length = Math.min(this.#said.length, saidTokens);
		if (saidTokens > 0) this.#options.controller.answered(saidTokens);
	}

	#uses(what: "lookup" | "draft"): boolean {
		const { mode, draftModel } = this.#options;
		return what === "lookup"
			? usesLookup(mode)
			: usesDraftModel(mode) && draftModel !== undefined;
	}

	/** A few unread tokens are read with the first that is drafted; more are an investment, and their time is not that of the draft. */
	async #catchUp(text: readonly Token[], signal: AbortSignal): Promise<void> {
		const { draftModel, chunkTokens } = this.#options;
		if (!draftModel || draftModel.unreadTokens(text) <= chunkTokens) return;
		await draftModel.read(text, text.length - 1, { chunkTokens, signal });
	}

	#mayRead(text: readonly Token[]): boolean {
		const { controller, draftModel } = this.#options;
		if (!draftModel || !this.#uses("draft")) return false;
		const unreadTokens = draftModel.unreadTokens(text);
		return controller.mayRead(unreadTokens, this.#said.length);
	}

	#mayProbe(text: readonly Token[]): boolean {
		const { controller, draftModel } = this.#options;
		if (!draftModel || !this.#uses("draft")) return false;
		const unreadTokens = draftModel.unreadTokens(text);
		return controller.mayProbe({ unreadTokens, tokens: probeTokens });
	}

	/** The better of the two places that the text may go on from. */
	#lookUp(most: number): Draft | undefined {
		if (!this.#uses("lookup")) return undefined;
		const { controller, lookup } = this.#options;
		const resumed = this.#resumed(lookup.resume(most));
		const found = this.#found(lookup.find(most));
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

	async #askModel(
		text: readonly Token[],
		maxTokens: number,
		signal: AbortSignal,
		goesOn: (evidence: readonly number[]) => boolean,
	): Promise<Draft | undefined> {
		const { controller, draftModel, chunkTokens, now } = this.#options;
		const startMs = now();
		const made = await draftModel?.draft(text, {
			maxTokens,
			chunkTokens,
			goesOn,
			took: (ms) => controller.draftTook(ms),
			now,
			signal,
		});
		this.#draftingMs += now() - startMs;
		if (!made) return undefined;
		controller.asked(made);
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

	/** One at a time of each source, to its end: or else the first token of each would be all that is ever learned. */
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

/** Enough to see how good it is. */
const probeTokens = 8;
const isProbe = (evidence: readonly number[]): boolean =>
	evidence.length < probeTokens;
