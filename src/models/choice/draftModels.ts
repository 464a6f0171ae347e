/** Finds the installed models that can draft for a target model: small, with the same vocabulary, and with a state that can be rolled back. */

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
	/** Aborts when a load should wait no longer for draft models. */
	readonly timeLimit?: () => AbortSignal;
}

/** A cached listing takes milliseconds, reading a vocabulary a tenth of a second. */
const timeLimitMs = 1_000;

/** The engine takes the first that fits; more would only cost time to read their vocabularies. */
const maxDrafts = 3;

interface Priced {
	readonly model: ListedModel;
	readonly shape: ModelShape;
}

/** Searches again for each load, because models come and go. Comparisons of vocabularies are cached. */
export class DraftModels {
	readonly #options: Required<DraftModelsOptions>;
	readonly #underWay = new Map<string, Promise<readonly string[]>>();
	/** Whether the vocabularies of two files match, by their paths and sizes. */
	readonly #verdicts = new Map<string, boolean>();

	constructor(options: DraftModelsOptions) {
		this.#options = {
			readVocabulary,
			timeLimit: () => AbortSignal.timeout(timeLimitMs),
			...options,
		};
	}

	/** Paths, best first. Never rejects. */
	find(target: string): Promise<readonly string[]> {
		const underWay = this.#underWay.get(target);
		if (underWay) return underWay;
		const search = this.#find(target).finally(() =>
			this.#underWay.delete(target),
		);
		this.#underWay.set(target, search);
		return search;
	}

	/** Like `find`, but empty after the time limit; the search continues for the next load. */
	async findInTime(target: string): Promise<readonly string[]> {
		const { timeLimit, log } = this.#options;
		const found = await orAborted(this.find(target), timeLimit());
		if (found) return found;
		log.warn(
			"searching for a draft model takes too long: loading without one; the result takes effect at the next load",
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
		// Not cached: the file may be readable later.
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

/** Possible draft models by their descriptions, best first: only their vocabularies are read. */
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

/** Undefined where the file is broken or its memory cannot be computed. */
function pricedModel(model: ListedModel | undefined): Priced | undefined {
	if (!model?.content.ok || !model.content.value.shape.ok) return undefined;
	return { model, shape: model.content.value.shape.value };
}

function tokenizerOf({ content }: ListedModel): string | null {
	return content.ok ? content.value.traits.tokenizer : null;
}
