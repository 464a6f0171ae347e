/** What speculation knows of one loaded model, from answer to answer. */

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
	/** For each cache of the model one of its own. */
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
	/** Texts beside the prompt that may be repeated, the most recent first; the same array while nothing changes. */
	readonly references: readonly TokenReference[];
	/** Of the file that is completed: at the cursor it would always propose what stands behind it. Empty where there is none. */
	readonly path: string;
	readonly isSpecial: (token: Token) => boolean;
	/** What comes after such a token is not wanted. */
	readonly isLast: (token: Token) => boolean;
}

/** References without the one to the file at hand. */
interface Others {
	readonly all: readonly TokenReference[];
	readonly path: string;
	readonly tokens: readonly TokenReference[];
}

/** What was suggested and not taken is asked for again a moment later, and differs little then. Shorter answers cost little to make again. */
const rememberedAnswers = 4;
const minRememberedTokens = 8;

export class ModelSpeculation {
	readonly #options: ModelSpeculationOptions;
	readonly #lookup = new Lookup();
	/** Work of one kind says little of another. */
	readonly #controllers = new Map<WorkKind, Controller>();
	/** The most recent first. */
	#answers: readonly TokenReference[] = [];
	#answerCount = 0;
	#lastAnswer: Speculation | undefined;
	#others: Others = { all: [], path: "", tokens: [] };

	constructor(options: ModelSpeculationOptions) {
		this.#options = options;
	}

	/** Undefined where nothing is to be drafted, or nothing could be taken back. */
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
		const tokens = this.#lastAnswer?.said ?? [];
		this.#lastAnswer = undefined;
		if (tokens.length < minRememberedTokens) return;
		// Whose id was that of the oldest, which goes.
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
