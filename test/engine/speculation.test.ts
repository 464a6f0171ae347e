/** With real llama.cpp and the built-in models: drafts change neither a text nor the state after a cancel. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { logTo } from "../../src/base/log.ts";
import { success } from "../../src/base/result.ts";
import { generate } from "../../src/engine/decode/generate.ts";
import { KvCache } from "../../src/engine/kv/kvCache.ts";
import {
	ModelLoader,
	type ModelLoaderOptions,
} from "../../src/engine/load/modelLoader.ts";
import {
	ModelSlot,
	type ModelSlotOptions,
} from "../../src/engine/load/modelSlot.ts";
import { createLlamaRuntime } from "../../src/engine/runtime/llamaRuntime.ts";
import type {
	LoadedModel,
	Runtime,
	Sampling,
	Sequence,
	Token,
} from "../../src/engine/runtime/runtime.ts";
import { Scheduler } from "../../src/engine/schedule/scheduler.ts";
import { TimeSlicer } from "../../src/engine/schedule/timeSlicer.ts";
import type { Drafter } from "../../src/engine/speculation/draft.ts";
import { DraftModel } from "../../src/engine/speculation/draftModel.ts";
import { Lookup } from "../../src/engine/speculation/lookup.ts";
import { Speculation } from "../../src/engine/speculation/speculation.ts";
import { readModelFile } from "../../src/models/header/modelFile.ts";
import { readVocabulary } from "../../src/models/header/readVocabulary.ts";
import type { EngineReport } from "../../src/protocol/engineStatus.ts";
import type { ModelDescription } from "../../src/protocol/model.ts";
import type { SpeculationMode } from "../../src/protocol/speculation.ts";
import { plainLoadOptions } from "../support/loadOptions.ts";
import { Disposals } from "../support/models/disposals.ts";
import { builtInModel, root } from "../support/models/realEngine.ts";
import { writeTinyModel } from "../support/models/tinyModel.ts";
import { seededRandom } from "../support/seededRandom.ts";
import {
	HookedSequence,
	type SequenceWork,
} from "../support/sequences/hookedSequence.ts";
import { HostileDrafter } from "../support/sequences/hostileDrafter.ts";
import { VerifyingAll } from "../support/sequences/verifyingAll.ts";

/** `HEADROOM_PROMPTS=500` takes a minute; the gate runs fewer. */
const { HEADROOM_PROMPTS = "120" } = process.env;
const prompts = Number(HEADROOM_PROMPTS);

const shippedDraft = path.join(
	root,
	"media",
	"models",
	"headroom-draft-1.6m-q8_0.gguf",
);
const contextWindow = 256;

const sources = execFileSync("git", ["ls-files", "src/*.ts"], {
	cwd: root,
	encoding: "utf8",
})
	.trim()
	.split("\n")
	.map((file) => readFileSync(path.join(root, file), "utf8"));

describe("speculation with llama.cpp", () => {
	const { log } = logged();
	let runtime: Runtime;
	let model: LoadedModel;
	let draft: LoadedModel;

	before(async () => {
		const created = await createLlamaRuntime({ gpu: "off", threads: 1, log });
		assert.ok(created.ok, JSON.stringify(created));
		runtime = disposals.add(created.value);
		model = await loaded(builtInModel);
		draft = await loaded(shippedDraft);
	});
	const disposals = new Disposals();
	after(() => disposals.dispose());

	async function loaded(file: string): Promise<LoadedModel> {
		const described = readModelFile(file);
		assert.ok(described.ok);
		const it = await runtime.loadModel({
			description: described.value.description,
			mapsFile: true,
			onProgress: () => {},
		});
		assert.ok(it.ok, JSON.stringify(it));
		return disposals.add(it.value);
	}

	async function sequencesOf(
		of: LoadedModel,
		count: number,
	): Promise<readonly Sequence[]> {
		const made = await of.createSequences({
			count,
			contextWindow,
			batchTokens: 128,
			kvType: "f16",
		});
		assert.ok(made.ok, JSON.stringify(made));
		return disposals.add(made.value).all;
	}

	/** A part of a source file, with or without a hole for fill-in-the-middle. */
	function promptOf(random: () => number): readonly Token[] {
		const upTo = (most: number) => Math.floor(random() * (most + 1));
		const source = sources[upTo(sources.length - 1)] ?? "";
		const start = upTo(Math.max(source.length - 600, 0));
		const tokens = model.tokenize(source.slice(start, start + 600));
		const length = 20 + upTo(60);
		const fim = model.fimTokens;
		if (random() < 0.5 || fim?.middle == null) return tokens.slice(0, length);
		const hole = 10 + upTo(length - 10);
		return [
			fim.prefix,
			...tokens.slice(0, hole),
			fim.suffix,
			...tokens.slice(hole + 8, length + 8),
			fim.middle,
		].slice(0, 80);
	}

	async function textOf(
		cache: KvCache,
		prompt: readonly Token[],
		options: {
			readonly maxTokens: number;
			readonly sampling?: Sampling;
			readonly speculation?: Speculation;
			readonly isEnd?: (token: Token) => boolean;
			readonly abort?: AbortController;
			/** The number of tokens after which the reader aborts. */
			readonly takes?: number;
		},
	): Promise<readonly Token[]> {
		const { abort = new AbortController(), takes, ...rest } = options;
		const tokens: Token[] = [];
		if (takes === 0) abort.abort();
		for await (const { token } of generate(cache, prompt, {
			isEnd: (token) => model.isSpecial(token),
			...rest,
			chunkTokens: 32,
			signal: abort.signal,
			now: () => performance.now(),
		})) {
			tokens.push(token);
			if (tokens.length === takes) abort.abort();
		}
		return tokens;
	}

	function speculationOf(
		controller: VerifyingAll,
		draftModel: Drafter | undefined,
		references: readonly Token[] = [],
	): Speculation {
		const lookup = new Lookup({ minMatch: 1 });
		lookup.setReferences([{ id: "reference", tokens: references }]);
		return new Speculation({
			mode: draftModel ? "draft" : "lookup",
			controller,
			lookup,
			draftModel,
			isSpecial: (token) => model.isSpecial(token),
			isLast: () => false,
			chunkTokens: 32,
			now: () => performance.now(),
		});
	}

	async function sameTexts(temperature: number): Promise<void> {
		const random = seededRandom(42);
		const [plain, drafted] = (await sequencesOf(model, 2)).map(
			(it) => new KvCache(it),
		);
		const [drafting] = await sequencesOf(draft, 1);
		assert.ok(plain && drafted && drafting);
		const good = new DraftModel(
			new KvCache(drafting),
			model.allTokens().length,
		);
		const hostile = new HostileDrafter(random, model.allTokens());
		const controllers = {
			good: new VerifyingAll(),
			// A periodic text might never end.
			lookup: new VerifyingAll(24),
			hostile: new VerifyingAll(),
		};
		const different: unknown[] = [];
		for (let round = 0; round < prompts; round++) {
			const prompt = promptOf(random);
			const [kind, drafter] = (
				[
					["good", good],
					["lookup", undefined],
					["hostile", hostile],
				] as const
			)[round % 3] ?? ["good", good];
			const options = {
				maxTokens: 8 + Math.floor(random() * 17),
				...(temperature > 0 && {
					sampling: { temperature, topK: 40, topP: 1, seed: round },
				}),
			};
			const expected = await textOf(plain, prompt, options);
			const actual = await textOf(drafted, prompt, {
				...options,
				speculation: speculationOf(controllers[kind], drafter),
			});
			if (actual.join() !== expected.join())
				different.push({ round, kind, expected, actual });
			assert.equal(drafted.tokens.length, plain.tokens.length);
		}
		assert.deepEqual(different, []);
		for (const { verifiedTokens } of Object.values(controllers))
			assert.ok(
				verifiedTokens > 2 * prompts,
				`${verifiedTokens} were verified`,
			);
		assert.ok(
			controllers.good.acceptedTokens > 0.6 * prompts,
			`${controllers.good.acceptedTokens} of good were accepted`,
		);
		assert.ok(
			controllers.lookup.acceptedTokens > 0.5 * prompts,
			`${controllers.lookup.acceptedTokens} of lookup were accepted`,
		);
	}

	it(`gives the same tokens for ${prompts} prompts, greedily`, () =>
		sameTexts(0));
	it(`samples the same tokens for ${prompts} prompts and seeds`, () =>
		sameTexts(0.8));

	it("leaves the same state as without drafts, when cancelled in the middle of anything", async () => {
		const random = seededRandom(9);
		const prompt = promptOf(random);
		/** @param at the operation in which to abort. */
		const cancelled = async (
			at: number | undefined,
			{ takes = Number.POSITIVE_INFINITY, drafts = true } = {},
		) => {
			const abort = new AbortController();
			const work: SequenceWork[] = [];
			const hooked = (sequence: Sequence) =>
				new HookedSequence(sequence, (it) => {
					if (work.length === at) abort.abort();
					work.push(it);
				});
			const [sequence] = await sequencesOf(model, 1);
			const [drafting] = await sequencesOf(draft, 1);
			assert.ok(sequence && drafting);
			const cache = new KvCache(hooked(sequence));
			const drafter = new DraftModel(
				new KvCache(hooked(drafting)),
				model.allTokens().length,
			);
			const tokens = await textOf(cache, prompt, {
				maxTokens: 12,
				// Every token has a continuation.
				isEnd: () => false,
				abort,
				takes,
				...(drafts && {
					speculation: speculationOf(new VerifyingAll(), drafter),
				}),
			});
			const cached = [...cache.tokens];
			const whole = [...work];
			// The continuation from the remaining state.
			const rest = [...prompt, ...tokens].slice(cached.length);
			const [likeliest] = await cache.predict(rest, 1);
			assert(likeliest);
			const { token, probability } = likeliest;
			const next = [token];
			while (next.length < 8)
				next.push(...(await cache.append(next.slice(-1), 1)));
			return { work: whole, tokens, cached, next, probability };
		};
		const { work } = await cancelled(undefined);
		for (const kind of ["prefill", "draft", "verify", "cut"] as const) {
			const places = [...work.keys()].filter((it) => work[it] === kind);
			assert.ok(places.length > 0, kind);
			for (const place of places.slice(0, 6)) {
				const drafted = await cancelled(place);
				const plain = await cancelled(undefined, {
					takes: drafted.tokens.length,
					drafts: false,
				});
				const where = `${place}, a ${kind}`;
				if (drafted.tokens.length > 0)
					assert.deepEqual(drafted.cached, plain.cached, where);
				assert.deepEqual(drafted.next, plain.next, where);
				assert.ok(
					Math.abs(drafted.probability - plain.probability) < 1e-4,
					`${drafted.probability} is not ${plain.probability} (${where})`,
				);
			}
		}
	});
});

describe("a model slot with llama.cpp", () => {
	const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-pair-"));
	after(() => rmSync(folder, { recursive: true }));

	/** Loads and unloads the built-in model, and counts what was in memory in between. */
	async function load(speculation: SpeculationMode, drafts: readonly string[]) {
		const { log, lines } = logged();
		const reports: EngineReport[] = [];
		const live = { models: 0, sequences: 0 };
		const clock = new EvaluationClock();
		const options = {
			createRuntime: async (options) => {
				const created = await createLlamaRuntime(options);
				return created.ok
					? success(counting(created.value, live, clock))
					: created;
			},
			readVocabulary,
			readModelFile,
			report: (report) => reports.push(report),
			log,
			now: () => clock.nowMs,
			epochMs: () => Date.now(),
			driver: "",
			measureRam: () => Promise.resolve(undefined),
			slicer: new TimeSlicer(new Scheduler(), "chat", () => 0),
			learn: () => {},
		} satisfies ModelLoaderOptions & Omit<ModelSlotOptions, "loader">;
		const loader = new ModelLoader(options);
		const slot = new ModelSlot({ ...options, loader });
		await slot.load({
			...plainLoadOptions,
			file: builtInModel,
			threads: 1,
			contextWindow: 2048,
			speculation,
			drafts: [...drafts],
		});
		const report = reports.at(-1);
		assert.ok(report?.kind === "ready", JSON.stringify(report));
		const whileLoaded = { ...live };
		const { memory, draft } = report.load;
		await slot.unload();
		const afterwards = { ...live };
		await loader.dispose();
		return { lines, draft, memory, whileLoaded, afterwards };
	}

	it("loads the built-in draft model, counts its memory and frees it", async () => {
		const { draft, memory, lines, whileLoaded, afterwards } = await load(
			"draft",
			[shippedDraft],
		);
		const draftBytes = memory.reduce((sum, it) => sum + it.draft, 0);
		assert.ok(draft !== null, lines.join("\n"));
		assert.ok(
			lines.some((it) => it.includes(`loaded the draft model ${draft} in`)),
		);
		assert.ok(draftBytes > 2e6, `${draftBytes}`);
		// Three sequences per model.
		assert.deepEqual(whileLoaded, { models: 2, sequences: 6 });
		assert.deepEqual(afterwards, { models: 0, sequences: 0 });
	});

	it("loads none if none is given", async () => {
		const { draft, memory, whileLoaded } = await load("auto", []);
		assert.equal(draft, null);
		assert.equal(whileLoaded.models, 1);
		assert.ok(memory.every((it) => it.draft === 0));
	});

	it("loads none with another vocabulary, and logs why", async () => {
		const file = path.join(folder, "other.gguf");
		await writeTinyModel(file, "gemma3", "spm");
		const bytes = readFileSync(file);
		// Renames the last token of the table, to the same length.
		const name = Buffer.from("<|fim_middle|>");
		const at = bytes.indexOf(name);
		assert.ok(at > 0);
		bytes.write("<|fim_muddle|>", at);
		writeFileSync(file, bytes);
		const { draft, lines, afterwards } = await load("auto", [file]);
		assert.equal(draft, null);
		assert.ok(
			lines.some((it) =>
				/^\[info\] cannot use the draft model .*other\.gguf: token \d+ is another one$/.test(
					it,
				),
			),
			lines.join("\n"),
		);
		assert.deepEqual(afterwards, { models: 0, sequences: 0 });
	});

	it("loads none whose state cannot roll back, and logs that", async () => {
		const file = path.join(folder, "recurrent.gguf");
		await writeTinyModel(file, "mamba", "spm");
		const { draft, lines, afterwards } = await load("auto", [file]);
		assert.equal(draft, null);
		assert.ok(
			lines.some((it) =>
				/cannot use the draft model .*: its state cannot roll back/.test(it),
			),
			lines.join("\n"),
		);
		assert.deepEqual(afterwards, { models: 0, sequences: 0 });
	});
});

/** A clock with which a draft model pays on every machine: an evaluation of the target takes 10 ms and one of any other model 1 ms. */
class EvaluationClock {
	nowMs = 0;

	evaluated({ file }: ModelDescription): void {
		this.nowMs += file === builtInModel ? 10 : 1;
	}
}

/** Counts the models and sequences in memory. */
function counting(
	runtime: Runtime,
	live: { models: number; sequences: number },
	clock: EvaluationClock,
): Runtime {
	return {
		build: runtime.build,
		devices: () => runtime.devices(),
		dispose: () => runtime.dispose(),
		loadModel: async (options) => {
			const loaded = await runtime.loadModel(options);
			if (!loaded.ok) return loaded;
			const model = loaded.value;
			live.models++;
			const dispose = model.dispose.bind(model);
			model.dispose = () => {
				live.models--;
				return dispose();
			};
			const createSequences = model.createSequences.bind(model);
			model.createSequences = async (given) => {
				const made = await createSequences(given);
				if (!made.ok) return made;
				live.sequences += given.count;
				const { dispose } = made.value;
				return success({
					...made.value,
					all: made.value.all.map(
						(it) =>
							new HookedSequence(it, () => clock.evaluated(model.description)),
					),
					dispose: () => {
						live.sequences -= given.count;
						return dispose();
					},
				});
			};
			return loaded;
		},
	};
}

function logged() {
	const lines: string[] = [];
	return {
		lines,
		log: logTo((level, message) => lines.push(`[${level}] ${message}`)),
	};
}
