/** Speculative decoding with one loaded model: keeps acceptance rates and references from answer to answer. */

import type { WorkKind } from "../../protocol/generation.ts";
import type { SpeculationMode } from "../../protocol/speculation.ts";
import type { KvCache } from "../kv/kvCache.ts";
import type { VerifyCosts } from "../measure/verifyCosts.ts";
import type { Token } from "../runtime/runtime.ts";
import { Controller, type DraftCosts } from "./controller.ts";
import type { Drafter } from "./draft.ts";
import { Lookup, type TokenReference } from "./lookup.ts";
import { Speculation } from "./speculation.ts";

interface LoadedDraft {
	readonly costs: DraftCosts;
	/** A drafter for each KV cache of the target model. */
	readonly models: ReadonlyMap<KvCache, Drafter>;
}

export interface ModelSpeculationOptions {
	readonly mode: SpeculationMode;
	readonly costs: VerifyCosts;
	readonly draft: LoadedDraft | undefined;
	readonly chunkTokens: number;
	readonly now: () => number;
}

export interface AnswerOptions {
	readonly kind: WorkKind;
	readonly cache: KvCache;
	/** Texts besides the prompt that the answer may repeat, the most recent first; the same array while nothing changes. */
	readonly references: readonly TokenReference[];
	/** The file that is completed, or empty. It is no reference: at the cursor it would always propose the text after the cursor. */
	readonly path: string;
	readonly isSpecial: (token: Token) => boolean;
	/** Nothing is drafted after such a token. */
	readonly isLast: (token: Token) => boolean;
}

/** The references without the completed file; cached. */
interface Others {
	readonly all: readonly TokenReference[];
	readonly path: string;
	readonly tokens: readonly TokenReference[];
}

/** A rejected suggestion is often requested again a moment later with small changes. Short answers are cheap to generate again. */
const rememberedAnswers = 4;
const minRememberedTokens = 8;

export class ModelSpeculation {
	readonly #options: ModelSpeculationOptions;
	readonly #lookup = new Lookup();
	/** One per kind of work, because acceptance rates differ between kinds. */
	readonly #controllers = new Map<WorkKind, Controller>();
	/** Most recent first. */
	#answers: readonly TokenReference[] = [];
	#answerCount = 0;
	#lastAnswer: Speculation | undefined;
	#others: Others = { all: [], path: "", tokens: [] };

	constructor(options: ModelSpeculationOptions) {
		this.#options = options;
	}

	/** Undefined if speculation is off, or the cache cannot roll back. */
	forAnswer({
		kind,
		cache,
		references,
		path,
		isSpecial,
		isLast,
	}: AnswerOptions): Speculation | undefined {
		const { mode, draft, chunkTokens, now } = this.#options;
		if (mode === "off" || !cache.canRollBack) return undefined;
		this.#remember();
		this.#lookup.setReferences([
			...this.#answers,
			...this.#othersOf(references, path),
		]);
		this.#lastAnswer = new Speculation({
			mode,
			controller: this.#controllerFor(kind),
			lookup: this.#lookup,
			draftModel: draft?.models.get(cache),
			isSpecial,
			isLast,
			chunkTokens,
			now,
		});
		return this.#lastAnswer;
	}

	#remember(): void {
		const tokens = this.#lastAnswer?.generated ?? [];
		this.#lastAnswer = undefined;
		if (tokens.length < minRememberedTokens) return;
		// Reuses the id of the oldest answer, which is dropped.
		const id = `answer ${this.#answerCount++ % rememberedAnswers}`;
		this.#answers = [{ id, tokens }, ...this.#answers].slice(
			0,
			rememberedAnswers,
		);
	}

	#othersOf(
		all: readonly TokenReference[],
		path: string,
	): readonly TokenReference[] {
		if (this.#others.all !== all || this.#others.path !== path)
			this.#others = { all, path, tokens: all.filter(({ id }) => id !== path) };
		return this.#others.tokens;
	}

	#controllerFor(kind: WorkKind): Controller {
		const known = this.#controllers.get(kind);
		if (known) return known;
		const { costs, draft } = this.#options;
		const made = new Controller(costs, draft?.costs, kind);
		this.#controllers.set(kind, made);
		return made;
	}
}
