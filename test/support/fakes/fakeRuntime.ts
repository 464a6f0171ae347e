/**
 * A runtime without llama.cpp: tokens are characters, and predictions are scripted. It enforces the rules of a real sequence.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { assert } from "../../../src/base/assert.ts";
import { failure, type Result, success } from "../../../src/base/result.ts";
import type {
	AllocatedBytes,
	FimTokens,
	LikelyToken,
	LoadedModel,
	LoadModelOptions,
	Runtime,
	Sequence,
	SequenceOptions,
	Sequences,
	Token,
	TokenChoice,
	TokenLimits,
} from "../../../src/engine/runtime/runtime.ts";
import { seedAt } from "../../../src/engine/runtime/sampling.ts";
import { shapeInMix } from "../../../src/memory/shape/quantization.ts";
import type { LoadableFile } from "../../../src/models/header/modelFile.ts";
import type { Device } from "../../../src/protocol/device.ts";
import type { LoadReport } from "../../../src/protocol/engineStatus.ts";
import {
	createError,
	type HeadroomError,
} from "../../../src/protocol/errors.ts";
import type { ModelDescription } from "../../../src/protocol/model.ts";
import { publishedModels } from "../models/publishedModels.ts";

/** Larger than all Unicode code points. */
export const fakeTokens = {
	prefix: 0x110001,
	suffix: 0x110002,
	middle: 0x110003,
	fileSeparator: 0x110004,
	endOfText: 0x110005,
	repositoryName: 0x110006,
} as const satisfies FimTokens & { endOfText: Token };

const names = new Map<Token, string>(
	Object.entries(fakeTokens).map(([name, token]) => [token, `<${name}>`]),
);

/** Text of tokens, with special tokens as names in angle brackets. */
export function fakeText(tokens: readonly Token[]): string {
	return tokens
		.map((token) => names.get(token) ?? String.fromCodePoint(token))
		.join("");
}

export function fakeTokenize(text: string): Token[] {
	return [...text].map((character) => character.codePointAt(0) ?? 0);
}

/** Parses the names of special tokens. */
function fakeTokenizeTemplate(text: string): Token[] {
	return text.split(/(<\w+>)/).flatMap((piece) => {
		const special = [...names].find(([, name]) => name === piece);
		return special ? [special[0]] : fakeTokenize(piece);
	});
}

export const fakeDescription: ModelDescription = {
	file: "/models/fake.gguf",
	name: "Fake",
	architecture: "fake",
	parameterCount: 1,
	quantization: "F32",
	fileBytes: 4,
	trainedContextWindow: 2048,
	fimOrder: "spm",
	roles: ["completion"],
};

/** 0.5 GB of weights, and 3 KiB per token. */
export const fakeShape = shapeInMix(
	publishedModels["Qwen2.5-Coder-0.5B"],
	"Q8_0",
);

export function fakeModelFile(
	description: ModelDescription = fakeDescription,
	chatTemplate: string | null = null,
): LoadableFile {
	return { description, shape: success(fakeShape), chatTemplate };
}

export const fakeRam: Device = {
	id: "cpu",
	name: "Fake CPU",
	kind: "cpu",
	totalBytes: 64 * 2 ** 30,
	freeBytes: 48 * 2 ** 30,
};

/** The report of an engine after loading it. */
export const fakeLoad: LoadReport = {
	contextWindow: 2048,
	sequences: 3,
	kvType: "f16",
	memory: [],
	prefillTokensPerSecond: 1000,
	decodeTokensPerSecond: 100,
	chatWindow: 0,
	draft: null,
	verifyMs: [],
};

export interface FakeOptions {
	/** Returns the continuation of a text, with special tokens by name. Only its first token counts. */
	readonly continuation?: (text: string) => string;
	readonly description?: ModelDescription;
	readonly fimTokens?: FimTokens | null;
	/** Called before each evaluation; may wait or throw. */
	readonly onEvaluate?: (tokens: readonly Token[]) => Promise<void> | void;
	readonly loadError?: HeadroomError;
	/** Called before a load; may wait or throw. */
	readonly onLoad?: () => Promise<void> | void;
	/** Called before sequences are created; may wait, throw, or return an error. */
	readonly onCreateSequences?: (
		options: SequenceOptions,
	) => Promise<HeadroomError | undefined> | HeadroomError | undefined;
	/** Called before a snapshot is written or read; may wait or throw. */
	readonly onState?: (what: "save" | "load") => Promise<void> | void;
	/** As they are with this many models loaded. */
	readonly devices?:
		| readonly Device[]
		| ((models: number) => readonly Device[]);
	/** The size of the weights, and of each group of sequences. */
	readonly allocatedBytes?: AllocatedBytes;
	/** Predictions if the limits exclude the script, most probable first. */
	readonly alternatives?: readonly Token[];
	/** Probabilities of the next token, for sampling and argmax. Replaces the script. */
	readonly distribution?: (
		tokens: readonly Token[],
	) => ReadonlyMap<Token, number>;
	/** Rolls back to the last checkpoint only, like sliding windows and recurrent states. */
	readonly cannotRollBack?: boolean;
}

/** A record for assertions. */
export interface FakeJournal {
	readonly evaluated: (readonly Token[])[];
	readonly truncatedTo: number[];
	readonly checkpoints: number[];
	liveModels: number;
	liveSequences: number;
}

export class FakeRuntime implements Runtime {
	readonly build = "b1";
	readonly journal: FakeJournal = {
		evaluated: [],
		truncatedTo: [],
		checkpoints: [],
		liveModels: 0,
		liveSequences: 0,
	};
	/** The number of calls, whether or not they succeeded. */
	loads = 0;
	lastLoad: LoadModelOptions | undefined;
	readonly #options: FakeOptions;

	constructor(options: FakeOptions = {}) {
		this.#options = options;
	}

	devices(): Promise<readonly Device[]> {
		const { devices = [fakeRam] } = this.#options;
		return Promise.resolve(
			typeof devices === "function"
				? devices(this.journal.liveModels)
				: devices,
		);
	}

	async loadModel(
		options: LoadModelOptions,
	): Promise<Result<LoadedModel, HeadroomError>> {
		const { description, onProgress } = options;
		this.loads++;
		this.lastLoad = options;
		await this.#options.onLoad?.();
		if (this.#options.loadError) return failure(this.#options.loadError);
		onProgress(0.5);
		onProgress(1);
		this.journal.liveModels++;
		return success(
			new FakeModel(description, this.#options, this.journal, () =>
				this.devices(),
			),
		);
	}

	dispose(): Promise<void> {
		return Promise.resolve();
	}
}

class FakeModel implements LoadedModel {
	readonly backend = "fake";
	readonly beginningOfText = null;
	readonly specialTexts = { beginningOfText: "", endOfText: "<endOfText>" };
	readonly fimTokens: FimTokens | null;
	readonly allocatedBytes: AllocatedBytes;
	#isDisposed = false;

	constructor(
		readonly description: ModelDescription,
		private readonly options: FakeOptions,
		private readonly journal: FakeJournal,
		readonly devices: () => Promise<readonly Device[]>,
	) {
		this.allocatedBytes = options.allocatedBytes ?? {
			vramBytes: 0,
			ramBytes: 1,
		};
		this.fimTokens =
			options.fimTokens === undefined ? fakeTokens : options.fimTokens;
	}

	tokenize(text: string): readonly Token[] {
		return fakeTokenize(text);
	}

	tokenizeTemplate(text: string): readonly Token[] {
		return fakeTokenizeTemplate(text);
	}

	detokenize(tokens: readonly Token[]): string {
		return fakeText(tokens.filter((token) => !this.isSpecial(token)));
	}

	/** Without a vocabulary there is no token healing. */
	allTokens(): readonly Token[] {
		return [];
	}

	isSpecial(token: Token): boolean {
		return names.has(token);
	}

	async createSequences(
		options: SequenceOptions,
	): Promise<Result<Sequences, HeadroomError>> {
		const error = await this.options.onCreateSequences?.(options);
		if (error) return failure(error);
		assert(!this.#isDisposed, "a model that is loaded");
		const { count, contextWindow } = options;
		this.journal.liveSequences += count;
		const all = Array.from(
			{ length: count },
			() => new FakeSequence(contextWindow, this.options, this.journal),
		);
		return success({
			all,
			allocatedBytes: this.allocatedBytes,
			dispose: () => {
				this.journal.liveSequences -= count;
				for (const it of all) it.dispose();
				return Promise.resolve();
			},
		});
	}

	dispose(): Promise<void> {
		assert(!this.#isDisposed, "a model is disposed of once");
		this.#isDisposed = true;
		this.journal.liveModels--;
		return Promise.resolve();
	}
}

export class FakeSequence implements Sequence {
	readonly tokens: Token[] = [];
	#checkpoint = 0;
	#isDisposed = false;
	#isBusy = false;

	constructor(
		readonly contextWindow: number,
		private readonly options: FakeOptions,
		private readonly journal: FakeJournal,
	) {}

	dispose(): void {
		assert(!this.#isDisposed, "a sequence is disposed of once");
		assert(!this.#isBusy, "nothing is evaluated in what is disposed of");
		this.#isDisposed = true;
	}

	async evaluate(
		tokens: readonly Token[],
		predictions: number,
		choice: TokenChoice = {},
	): Promise<readonly Token[]> {
		assert(tokens.length > 0, "something to evaluate");
		assert(predictions <= tokens.length, "no more predictions than tokens");
		await this.#use(() => this.options.onEvaluate?.(tokens));
		this.journal.evaluated.push([...tokens]);
		const next: Token[] = [];
		for (const [index, token] of tokens.entries()) {
			this.tokens.push(token);
			assert(this.tokens.length <= this.contextWindow, "room in the window");
			if (index < tokens.length - predictions) continue;
			const limits = index === tokens.length - 1 ? choice : {};
			next.push(this.#next({ ...limits, sampling: choice.sampling }));
		}
		return next;
	}

	/** The probability is that of the distribution before its last token, or 1 without one. */
	async predict(
		tokens: readonly Token[],
		predictions: number,
		limits: TokenLimits = {},
	): Promise<readonly LikelyToken[]> {
		const start = this.tokens.length + tokens.length - predictions + 1;
		const predicted = await this.evaluate(tokens, predictions, limits);
		return predicted.map((token, index) => ({
			token,
			probability:
				this.options
					.distribution?.(this.tokens.slice(0, start + index))
					.get(token) ?? 1,
		}));
	}

	async saveState(file: string): Promise<void> {
		await this.#use(() => this.options.onState?.("save"));
		writeFileSync(file, JSON.stringify(this.tokens));
	}

	async loadState(file: string): Promise<readonly Token[]> {
		await this.#use(() => this.options.onState?.("load"));
		this.tokens.splice(
			0,
			this.tokens.length,
			...JSON.parse(readFileSync(file, "utf8")),
		);
		return [...this.tokens];
	}

	/** Allows one operation at a time, and none after `dispose`. */
	async #use(work: () => Promise<void> | void): Promise<void> {
		assert(!this.#isDisposed, "a sequence that is there");
		assert(!this.#isBusy, "one thing at a time");
		this.#isBusy = true;
		try {
			await work();
		} finally {
			this.#isBusy = false;
		}
	}

	checkpoint(): Promise<void> {
		this.#checkpoint = this.tokens.length;
		this.journal.checkpoints.push(this.#checkpoint);
		return Promise.resolve();
	}

	truncate(length: number): Promise<number> {
		this.journal.truncatedTo.push(length);
		this.tokens.length = this.options.cannotRollBack
			? this.#checkpoint <= length
				? this.#checkpoint
				: 0
			: Math.min(length, this.tokens.length);
		return Promise.resolve(this.tokens.length);
	}

	get canRollBack(): boolean {
		return this.options.cannotRollBack !== true;
	}

	#next({ allowed, banned, sampling }: TokenChoice): Token {
		const isAllowed = (token: Token) =>
			(allowed?.includes(token) ?? true) && !banned?.includes(token);
		const distribution = this.options.distribution?.(this.tokens);
		const possible =
			distribution && [...distribution].filter(([it]) => isAllowed(it));
		if (possible?.length)
			return drawn(
				possible,
				sampling && {
					temperature: sampling.temperature,
					share: seedAt(sampling.seed, this.tokens.length - 1) / 2 ** 32,
				},
			);
		const rest = this.options.continuation?.(fakeText(this.tokens)) ?? "";
		const special = [...names].find(([, name]) => rest.startsWith(name));
		const next =
			special?.[0] ?? fakeTokenize(rest).at(0) ?? fakeTokens.endOfText;
		if (isAllowed(next)) return next;
		return (
			this.options.alternatives?.find(isAllowed) ??
			allowed?.find(isAllowed) ??
			fakeTokens.endOfText
		);
	}
}

/** The argmax, or the token at a quantile of the distribution. */
function drawn(
	entries: (readonly [Token, number])[],
	chance: { readonly temperature: number; readonly share: number } | undefined,
): Token {
	const weights = chance
		? entries.map(([, it]) => it ** (1 / chance.temperature))
		: [];
	const [likeliest] = entries.sort((a, b) => (chance ? 0 : b[1] - a[1]));
	assert(likeliest, "something may follow");
	if (!chance) return likeliest[0];
	let left = chance.share * weights.reduce((sum, it) => sum + it, 0);
	for (const [index, [token]] of entries.entries()) {
		left -= weights[index] ?? 0;
		if (left < 0) return token;
	}
	return likeliest[0];
}

/** A continuation that generates this text after the prompt, and then ends. */
export function scripted(
	text: string,
	marker = "<middle>",
): (soFar: string) => string {
	return (soFar) => {
		const written = soFar.slice(soFar.lastIndexOf(marker) + marker.length);
		return text.startsWith(written) ? text.slice(written.length) : "";
	};
}

export const fakeLoadError = createError("modelOutOfMemory", {
	file: "/models/fake.gguf",
	why: "this is a test",
	needs: [{ kind: "unplanned" }],
});
