/** The installed models that could draft for a target: small, of the same vocabulary, and with a state that can be cut back. */

import { orAborted } from "../../base/abort.ts";
import type { Log } from "../../base/log.ts";
import {
	matchVocabularies,
	maxSizeDifference,
	type Vocabulary,
} from "../../gguf/vocabularyMatch.ts";
import { compareDrafts, mayDraft } from "../../memory/plan/draftPair.ts";
import type { ModelShape } from "../../memory/shape/modelShape.ts";
import {
	type ReadVocabulary,
	readVocabulary,
} from "../header/readVocabulary.ts";
import { isAt, type ListedModel } from "../library/modelLibrary.ts";

export interface DraftModelsOptions {
	/** Must not reject. */
	readonly list: () => Promise<readonly ListedModel[]>;
	readonly log: Log;
	readonly readVocabulary?: ReadVocabulary;
	/** Aborts when a load has waited long enough for its drafts. */
	readonly timeLimit?: () => AbortSignal;
}

/** A listing takes milliseconds where descriptions are cached, and a vocabulary a tenth of a second. */
const timeLimitMs = 1_000;

/** The engine takes the first that fits; further ones would only cost the reading of their vocabularies. */
const maxDrafts = 3;

interface Priced {
	readonly model: ListedModel;
	readonly shape: ModelShape;
}

/** Looks anew for each load, because models come and go. What two files have in common is remembered. */
export class DraftModels {
	readonly #options: Required<DraftModelsOptions>;
	readonly #underWay = new Map<string, Promise<readonly string[]>>();
	/** Whether the vocabularies of two files match, by both with their sizes. */
	readonly #verdicts = new Map<string, boolean>();

	constructor(options: DraftModelsOptions) {
		this.#options = {
			readVocabulary,
			timeLimit: () => AbortSignal.timeout(timeLimitMs),
			...options,
		};
	}

	/** Files, the best first. Never rejects. */
	find(target: string): Promise<readonly string[]> {
		const underWay = this.#underWay.get(target);
		if (underWay) return underWay;
		const search = this.#find(target).finally(() =>
			this.#underWay.delete(target),
		);
		this.#underWay.set(target, search);
		return search;
	}

	/** The same within the time limit: after that none for this once, and the search goes on for the next load. */
	async findInTime(target: string): Promise<readonly string[]> {
		const { timeLimit, log } = this.#options;
		const found = await orAborted(this.find(target), timeLimit());
		if (found) return found;
		log.warn(
			"looking for a draft model takes too long: the model is loaded without one, and what is found counts from the next load",
		);
		return [];
	}

	async #find(targetFile: string): Promise<readonly string[]> {
		const { list, log } = this.#options;
		const models = await list();
		const target = pricedModel(models.find((it) => isAt(it, targetFile)));
		if (!target) return [];
		const drafts: string[] = [];
		let vocabulary: Promise<Vocabulary | undefined> | undefined;
		const vocabularyOfTarget = () => {
			vocabulary ??= this.#options.readVocabulary(target.model.file);
			return vocabulary;
		};
		for (const draft of candidates(models, target)) {
			if (drafts.length === maxDrafts) break;
			if (await this.#matches(target, draft, vocabularyOfTarget))
				drafts.push(draft.file);
		}
		log.info(
			`${drafts.length === 0 ? "no installed model" : drafts.join(", ")} can draft for ${targetFile}`,
		);
		return drafts;
	}

	async #matches(
		{ model: target }: Priced,
		draft: ListedModel,
		vocabularyOfTarget: () => Promise<Vocabulary | undefined>,
	): Promise<boolean> {
		const key = [target, draft]
			.map(({ file, sizeBytes }) => `${sizeBytes} ${file}`)
			.join("\n");
		const known = this.#verdicts.get(key);
		if (known !== undefined) return known;
		const one = await vocabularyOfTarget();
		const other = one && (await this.#options.readVocabulary(draft.file));
		// A file that cannot be read now may be read later.
		if (!one || !other) return false;
		const match = matchVocabularies(one, other);
		if (!match.ok)
			this.#options.log.debug(
				`${draft.file} cannot draft for ${target.file}: ${match.error}`,
			);
		this.#verdicts.set(key, match.ok);
		return match.ok;
	}
}

/** What could be a draft as far as the list tells, the best first: only of these is the vocabulary read. */
function candidates(
	models: readonly ListedModel[],
	target: Priced,
): readonly ListedModel[] {
	const better = compareDrafts(target.shape);
	return models
		.map(pricedModel)
		.filter((it) => it !== undefined)
		.filter(
			({ model, shape }) =>
				model !== target.model &&
				tokenizerOf(model) === tokenizerOf(target.model) &&
				Math.abs(shape.vocabularySize - target.shape.vocabularySize) <=
					maxSizeDifference &&
				mayDraft(shape, target.shape),
		)
		.sort((a, b) => better(a.shape, b.shape))
		.map(({ model }) => model);
}

/** Undefined for what is broken, and for what cannot be priced. */
function pricedModel(model: ListedModel | undefined): Priced | undefined {
	if (!model?.content.ok || !model.content.value.shape.ok) return undefined;
	return { model, shape: model.content.value.shape.value };
}

function tokenizerOf({ content }: ListedModel): string | null {
	return content.ok ? content.value.traits.tokenizer : null;
}
