/** Picks a model when the user has not: the largest installed one that fits and is fast enough, or else the built-in one. */

import { orAborted } from "../../base/abort.ts";
import type { Log } from "../../base/log.ts";
import type { Result } from "../../base/result.ts";
import { english } from "../../base/sentence.ts";
import { roleNeeds } from "../../memory/plan/roles.ts";
import { choiceText } from "../../memory/report/planText.ts";
import type { Device } from "../../protocol/device.ts";
import { errorText, type HeadroomError } from "../../protocol/errors.ts";
import type { ListedModel } from "../library/modelLibrary.ts";
import type { BenchmarkResult } from "./benchmarkStore.ts";
import { isShipped, mayRecommend, recommendModel } from "./recommendModel.ts";

export interface AutomaticModelOptions {
	/** Must not reject. */
	readonly list: () => Promise<readonly ListedModel[]>;
	/** Must not reject. */
	readonly devices: () => Promise<Result<readonly Device[], HeadroomError>>;
	/** Benchmark results of this machine. Must not reject. */
	readonly benchmarks: () => Promise<readonly BenchmarkResult[]>;
	/** The fallback. Other models in its folder are never picked automatically. */
	readonly builtInFile: string;
	readonly log: Log;
	/** Aborts when a start of the engine should wait no longer for the choice. */
	readonly timeLimit?: () => AbortSignal;
}

/** A cached listing takes milliseconds; waking up a GPU takes seconds. */
const timeLimitMs = 3_000;

/** Chooses on first use and keeps the choice until `forget`, so that a restart of the engine does not change the model. */
export class AutomaticModel {
	readonly #options: Required<AutomaticModelOptions>;
	readonly #avoided = new Set<string>();
	#choice: Promise<string> | undefined;
	#chosenFile: string | undefined;

	constructor(options: AutomaticModelOptions) {
		this.#options = {
			timeLimit: () => AbortSignal.timeout(timeLimitMs),
			...options,
		};
	}

	/** The path of the model, without a time limit. */
	choose(): Promise<string> {
		this.#choice ??= this.#choose().then((file) => {
			this.#chosenFile = file;
			return file;
		});
		return this.#choice;
	}

	/** Like `choose`, but the built-in model after the time limit; the choice counts from the next start. */
	async chooseInTime(): Promise<string> {
		const { timeLimit, builtInFile, log } = this.#options;
		const file = await orAborted(this.choose(), timeLimit());
		if (file !== undefined) return file;
		log.warn(
			"choosing a model takes too long: loading the built-in one; the choice takes effect at the next start of the engine",
		);
		return builtInFile;
	}

	/** Chooses again on next use, among all models. */
	forget(): void {
		this.#choice = undefined;
		this.#avoided.clear();
	}

	/** Excludes a model that failed to load from the choice. False where it was not chosen, or is the built-in one. */
	avoid(file: string): boolean {
		if (file !== this.#chosenFile || file === this.#options.builtInFile)
			return false;
		this.#avoided.add(file);
		this.#choice = undefined;
		return true;
	}

	async #choose(): Promise<string> {
		const { list, devices, benchmarks, builtInFile, log } = this.#options;
		const slow = new Set(
			(await benchmarks()).filter(isTooSlow).map(({ file }) => file),
		);
		const models = (await list()).filter(
			(it) =>
				!isShipped(it, builtInFile) &&
				!this.#avoided.has(it.file) &&
				!slow.has(it.file) &&
				mayRecommend(it, "completion"),
		);
		if (slow.size > 0)
			log.info(`too slow in the benchmark: ${[...slow].join(", ")}`);
		if (models.length === 0) {
			log.info(
				"chose the built-in model: no other model for completion is installed",
			);
			return builtInFile;
		}
		const described = await devices();
		if (!described.ok) {
			log.warn(`chose the built-in model: ${errorText(described.error)}`);
			return builtInFile;
		}
		const { model, choice } = recommendModel(
			models,
			"completion",
			described.value,
		);
		log.info(
			`chose ${model?.file ?? "the built-in model"} of ${models.length}: ${choiceText(choice, english).join("; ")}`,
		);
		return model?.file ?? builtInFile;
	}
}

/** Measured speed takes precedence over predicted speed. */
function isTooSlow({ tokensPerSecond }: BenchmarkResult): boolean {
	return (
		tokensPerSecond !== null &&
		tokensPerSecond < roleNeeds.completion.minTokensPerSecond
	);
}
