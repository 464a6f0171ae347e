/** The slot for the model that completes: loads, reports and unloads it, lends its memory, and keeps the reason if it could not be loaded. */

import { isDeepStrictEqual } from "node:util";
import { assert } from "../../base/assert.ts";
import { failure, type Result, success } from "../../base/result.ts";
import { formatBytes, formatMs } from "../../base/units.ts";
import type { Plan } from "../../memory/plan/plan.ts";
import { speculationSummary } from "../../memory/report/speculationText.ts";
import type { LoadOptions } from "../../protocol/engineProtocol.ts";
import type { EngineReport } from "../../protocol/engineStatus.ts";
import {
	createError,
	errorText,
	type HeadroomError,
} from "../../protocol/errors.ts";
import type { OpenChatContext } from "../chat/modelChat.ts";
import { sequenceCount } from "./contextSize.ts";
import { fileKey } from "./fileKey.ts";
import type { ModelLoader } from "./modelLoader.ts";
import { type PrepareOptions, prepareModel } from "./prepareModel.ts";
import {
	disposeOfModel,
	type PreparedModel,
	type ReadyModel,
	withContext,
} from "./readyModel.ts";

export interface ModelSlotOptions extends PrepareOptions {
	readonly loader: ModelLoader;
	readonly report: (report: EngineReport) => void;
}

/** What a load replaces, and what it finds beside it. */
interface Others {
	/** The plans of the other models of this process. */
	readonly beside: () => readonly Plan[];
}

const alone: Others = { beside: () => [] };

/** Calls must not overlap: the scheduler serializes them. */
export class ModelSlot {
	readonly #options: ModelSlotOptions;
	#loaded: PreparedModel | undefined;
	#failure: HeadroomError | undefined;
	#latest: LoadOptions | undefined;
	#lent: Extract<EngineReport, { readonly kind: "ready" }> | undefined;

	constructor(options: ModelSlotOptions) {
		this.#options = options;
	}

	/** The loaded model, or why there is none; undefined before the first load. */
	get current(): Result<ReadyModel, HeadroomError> | undefined {
		if (this.#loaded) return success(this.#loaded);
		if (this.#failure) return failure(this.#failure);
		return undefined;
	}

	get isLent(): boolean {
		return this.#lent !== undefined;
	}

	/** Of everything that is loaded; empty for a load without a plan. */
	get plans(): readonly Plan[] {
		const { plan } = this.#loaded ?? {};
		return plan ? [plan] : [];
	}

	/** Replaces the model. Afterwards `current` holds the outcome; the last report is `ready` or `failed`. */
	async load(options: LoadOptions, { beside }: Others = alone): Promise<void> {
		const { loader, report, log, now } = this.#options;
		const startMs = now();
		this.#latest = options;
		await this.unload();
		const loaded = await loader.load({
			role: "completion",
			options,
			beside,
			report,
			prepare: (model, attempt) => prepareModel(model, attempt, this.#options),
		});
		if (!loaded.ok) {
			this.#failure = loaded.error;
			report({ kind: "failed", error: loaded.error });
			return;
		}
		this.#loaded = loaded.value;
		const { model, budget, report: loadReport } = loaded.value;
		const { description } = model;
		log.info(
			`loaded ${description.name} (${description.quantization}, ${formatBytes(description.fileBytes)}) on ${model.backend}, ` +
				`${sequenceCount} sequences of ${loadReport.contextWindow} tokens, KV cache ${loadReport.kvType}, prompt order ${description.fimOrder}, in ${formatMs(now() - startMs)}`,
		);
		log.info(
			`prompts have up to ${budget.localTokens} tokens of their own file and ${budget.contextTokens} of others: ` +
				`prefill ${Math.round(loadReport.prefillTokensPerSecond)} and decode ${Math.round(loadReport.decodeTokensPerSecond)} tokens per second, ` +
				`latency target ${formatMs(options.latencyTargetMs)}`,
		);
		log.info(speculationSummary(options.speculation, loadReport));
		if (loadReport.warning) log.warn(errorText(loadReport.warning));
		report({ kind: "ready", model: description, budget, load: loadReport });
	}

	/** Whether a load with these options would load the same once more. */
	isLoadedBy(options: LoadOptions): boolean {
		const latest = this.#latest;
		return (
			latest !== undefined &&
			this.#loaded?.fileKey === fileKey(options.file) &&
			isDeepStrictEqual(essential(latest), essential(options))
		);
	}

	/** Keeps the model for options that load the same, and reports it again. */
	keep(options: LoadOptions): void {
		this.#latest = options;
		if (!this.#loaded) return;
		const { model, budget, report: load } = this.#loaded;
		const { description } = model;
		this.#options.report({ kind: "ready", model: description, budget, load });
	}

	/** Unloads the model until `takeBack`, to make room for another one. Requires a loaded model. */
	async lend(): Promise<void> {
		const { report, log } = this.#options;
		const loaded = this.#loaded;
		assert(loaded, "a model to lend the memory of");
		const { model, budget, report: load } = loaded;
		const { description } = model;
		await this.unload();
		this.#lent = { kind: "ready", model: description, budget, load };
		this.#failure = createError("modelLent", { model: description.name });
		log.info(`unloaded ${description.name} to make room for the chat's model`);
		report({ ...this.#lent, isAway: true });
	}

	/** Loads the model again that was lent. */
	async takeBack(): Promise<void> {
		if (this.#lent && this.#latest) await this.load(this.#latest);
	}

	/** Adds a context that was created after the load to the reported memory. */
	addContext(context: OpenChatContext): void {
		if (this.#loaded) this.#loaded = withContext(this.#loaded, context);
	}

	/** Unloads the model, or forgets that it was lent. */
	async unload(): Promise<void> {
		const loaded = this.#loaded;
		this.#loaded = undefined;
		this.#failure = undefined;
		this.#lent = undefined;
		if (loaded) await disposeOfModel(loaded);
	}
}

/** What was measured meanwhile, what failed, and what the chat wants make no other load. */
function essential({
	chat: _,
	record: __,
	avoid: ___,
	...options
}: LoadOptions): unknown {
	return options;
}
