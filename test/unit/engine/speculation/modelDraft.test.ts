/** A model slot loads a draft model beside the target, and no failure of it prevents the load of the target. */

import assert from "node:assert/strict";
import { logTo } from "../../../../src/base/log.ts";
import { failure, success } from "../../../../src/base/result.ts";
import {
	ModelLoader,
	type ModelLoaderOptions,
} from "../../../../src/engine/load/modelLoader.ts";
import {
	ModelSlot,
	type ModelSlotOptions,
} from "../../../../src/engine/load/modelSlot.ts";
import type { Runtime } from "../../../../src/engine/runtime/runtime.ts";
import { Scheduler } from "../../../../src/engine/schedule/scheduler.ts";
import { TimeSlicer } from "../../../../src/engine/schedule/timeSlicer.ts";
import type { Vocabulary } from "../../../../src/gguf/vocabularyMatch.ts";
import { shapeInMix } from "../../../../src/memory/shape/quantization.ts";
import type { ReadModelFile } from "../../../../src/models/header/modelFile.ts";
import type { EngineReport } from "../../../../src/protocol/engineStatus.ts";
import { createError } from "../../../../src/protocol/errors.ts";
import type { SpeculationMode } from "../../../../src/protocol/speculation.ts";
import {
	type FakeOptions,
	FakeRuntime,
	fakeDescription,
	fakeLoadError,
	fakeRam,
	fakeShape,
	fakeTokenize,
	fakeTokens,
} from "../../../support/fakes/fakeRuntime.ts";
import { plainLoadOptions } from "../../../support/loadOptions.ts";
import { publishedModels } from "../../../support/models/publishedModels.ts";

const mib = 2 ** 20;
const gib = 2 ** 30;
const target = "/models/target.gguf";

function vocabularyOf(lastToken: string): Vocabulary {
	const tokens = ["0", "1", "2", "3", "4", "a", "b", lastToken];
	const tokenTable = Buffer.concat(
		tokens.map((it) => {
			const entry = Buffer.alloc(8 + it.length);
			entry.writeBigUInt64LE(BigInt(it.length));
			entry.write(it, 8);
			return entry;
		}),
	);
	const tokenCount = tokens.length;
	return {
		tokenizer: "gpt2",
		preTokenizer: undefined,
		tokenCount,
		tokenTable,
	};
}

interface DraftFile {
	/** Undefined for an unreadable file. */
	readonly vocabulary?: Vocabulary | undefined;
	readonly read?: ReturnType<ReadModelFile>;
	readonly tokenMs?: number;
	readonly runtime?: FakeOptions;
	readonly throws?: string;
}

const mine = vocabularyOf("c");
const good: DraftFile = { vocabulary: mine };

const large = shapeInMix(publishedModels["Qwen2.5-Coder-7B"], "Q4_K_M");

/** Loads a model that takes 10 ms per evaluation of any size, with these draft models. */
async function load({
	files,
	speculation = "auto",
	model = {},
}: {
	readonly files: Readonly<Record<string, DraftFile>>;
	readonly speculation?: SpeculationMode;
	readonly model?: FakeOptions;
}) {
	let nowMs = 0;
	const devices = [{ ...fakeRam, freeBytes: 6 * gib }];
	const journals: FakeRuntime["journal"][] = [];
	const runtimeOf = (options: FakeOptions, ms: number) => {
		const made = new FakeRuntime({
			devices,
			allocatedBytes: { vramBytes: 0, ramBytes: 300 * mib },
			continuation: () => "x",
			onEvaluate: () => {
				nowMs += ms;
			},
			...options,
		});
		journals.push(made.journal);
		return made;
	};
	const runtimes = new Map<string, Runtime>([[target, runtimeOf(model, 10)]]);
	for (const [file, { runtime = {}, tokenMs = 1, throws }] of Object.entries(
		files,
	)) {
		const onEvaluate = () => {
			throw new Error(throws);
		};
		const options = throws === undefined ? runtime : { ...runtime, onEvaluate };
		runtimes.set(file, runtimeOf(options, tokenMs));
	}
	const asked: string[] = [];
	const chosen = (file: string): Runtime => {
		const it = runtimes.get(file);
		assert.ok(it, file);
		return it;
	};
	const reports: EngineReport[] = [];
	const lines: string[] = [];
	const options = {
		createRuntime: () =>
			Promise.resolve(
				success({
					build: "b1",
					devices: () => Promise.resolve(devices),
					loadModel: (options) => {
						asked.push(options.description.file);
						return chosen(options.description.file).loadModel(options);
					},
					dispose: () => Promise.resolve(),
				}),
			),
		readVocabulary: (file) =>
			Promise.resolve(file === target ? mine : files[file]?.vocabulary),
		readModelFile: (file) =>
			files[file]?.read ??
			success({
				description: { ...fakeDescription, file, name: file },
				shape: success(fakeShape),
				chatTemplate: null,
			}),
		report: (report) => reports.push(report),
		log: logTo((level, message) => lines.push(`[${level}] ${message}`)),
		now: () => nowMs,
		epochMs: () => 1,
		driver: "",
		measureRam: () => Promise.resolve(undefined),
		slicer: new TimeSlicer(new Scheduler(), "chat", () => 0),
		learn: () => {},
	} satisfies ModelLoaderOptions & Omit<ModelSlotOptions, "loader">;
	const slot = new ModelSlot({ ...options, loader: new ModelLoader(options) });
	await slot.load({
		...plainLoadOptions,
		file: target,
		contextWindow: 2048,
		speculation,
		drafts: Object.keys(files),
	});
	const report = reports.at(-1);
	assert.ok(report?.kind === "ready", JSON.stringify(report));
	const { current } = slot;
	assert.ok(current?.ok);
	const live = () =>
		journals.map((it) => [it.liveModels, it.liveSequences] as const);
	const whileLoaded = live();
	return {
		report: report.load,
		lines: lines.filter((it) => /draft/.test(it)),
		asked: asked.slice(1),
		live: whileLoaded,
		answer: current.value.speculation?.forAnswer({
			kind: "block",
			cache: current.value.caches.chooseFor({
				tokens: [1, 2],
				headTokens: 0,
				stableTokens: 0,
				path: "",
				isInAdvance: false,
			}),
			references: [],
			path: "",
			isSpecial: (token) => token === fakeTokens.endOfText,
			isLast: () => false,
		}),
		unload: async () => {
			await slot.unload();
			return live();
		},
	};
}

describe("a draft model", () => {
	it("has a sequence for each of the target, and is counted and freed with it", async () => {
		const { report, live, unload, lines } = await load({
			files: { "draft.gguf": good },
		});
		assert.equal(report.draft, "draft.gguf");
		assert.deepEqual(live, [
			[1, 3],
			[1, 3],
		]);
		const [ram] = report.memory;
		assert.ok(ram);
		assert.equal(
			Math.round(ram.weights + ram.kvCache + ram.buffers + ram.draft),
			4 * 300 * mib,
			"weights and sequences of both",
		);
		assert.ok(ram.draft > 400 * mib);
		assert.match(
			lines.join("\n"),
			/^\[info\] loaded the draft model draft\.gguf in .*: 600\.0 MB, 1 ms per token against 10 ms$/m,
		);
		assert.deepEqual(await unload(), [
			[0, 0],
			[0, 0],
		]);
	});

	const failures: readonly (readonly [
		what: string,
		file: DraftFile,
		why: RegExp,
		isLoaded: boolean,
	])[] = [
		[
			"with another vocabulary",
			{ vocabulary: vocabularyOf("d") },
			/token 7 is another one/,
			false,
		],
		[
			"with another tokenizer",
			{ vocabulary: { ...mine, tokenizer: "llama" } },
			/its tokenizer is llama, not gpt2/,
			false,
		],
		[
			"without a vocabulary",
			{ vocabulary: undefined },
			/it cannot be read/,
			false,
		],
		[
			"that is gone",
			{ ...good, read: failure(createError("modelMissing", { file: "x" })) },
			/The model file x does not exist\./,
			false,
		],
		[
			"whose memory cannot be predicted",
			{
				...good,
				read: success({
					description: fakeDescription,
					shape: failure({ kind: "missing", key: "new.block_count" }),
					chatTemplate: null,
				}),
			},
			/: new\.block_count is missing in its header/,
			false,
		],
		[
			"that does not fit",
			{
				...good,
				read: success({
					description: fakeDescription,
					shape: success(large),
					chatTemplate: null,
				}),
			},
			/there is no room for both/,
			false,
		],
		[
			"that llama.cpp does not load",
			{ ...good, runtime: { loadError: fakeLoadError } },
			/this is a test/,
			true,
		],
		[
			"that would not pay",
			{ ...good, tokenMs: 9.5 },
			/it would not pay even at an acceptance rate of 95 % \(10 ms per token against 10 ms\)/,
			true,
		],
		[
			"whose state cannot roll back",
			{ ...good, runtime: { cannotRollBack: true } },
			/its state cannot roll back/,
			true,
		],
		[
			"that fails while it is measured",
			{ ...good, throws: "the device is lost" },
			/the device is lost/,
			true,
		],
	];
	for (const [what, file, why, isLoaded] of failures)
		it(`${what} is skipped, with a line in the log`, async () => {
			const { report, lines, asked, live } = await load({
				files: { "first.gguf": file, "second.gguf": good },
			});
			assert.equal(report.draft, "second.gguf");
			assert.match(
				lines[0] ?? "",
				/^\[info\] cannot use the draft model first\.gguf: /,
			);
			assert.match(lines[0] ?? "", why);
			assert.equal(asked.includes("first.gguf"), isLoaded && !file.read);
			assert.deepEqual(live, [
				[1, 3],
				[0, 0],
				[1, 3],
			]);
		});

	it("is not loaded if no file is suitable", async () => {
		const { report, live, answer } = await load({
			files: { "slow.gguf": { ...good, tokenMs: 10 } },
		});
		assert.equal(report.draft, null);
		assert.ok(report.memory.every((it) => it.draft === 0));
		assert.deepEqual(live, [
			[1, 3],
			[0, 0],
		]);
		assert.ok(answer, "there are lookups");
	});

	for (const [speculation, drafts, expected] of [
		["off", true, { draft: null, isMeasured: false, proposes: null }],
		["off", false, { draft: null, isMeasured: false, proposes: null }],
		["lookup", false, { draft: null, isMeasured: true, proposes: "lookup" }],
		["draft", true, { draft: "d.gguf", isMeasured: true, proposes: "model" }],
		["draft", false, { draft: null, isMeasured: true, proposes: null }],
		["auto", true, { draft: "d.gguf", isMeasured: true, proposes: "model" }],
		["auto", false, { draft: null, isMeasured: true, proposes: "lookup" }],
	] as const)
		it(`with "${speculation}" and ${drafts ? "a" : "no"} file is ${expected.draft ?? "none"}`, async () => {
			// In tokens of the shared vocabulary.
			const distribution = () => new Map([[5, 0.99]]);
			const { report, answer } = await load({
				speculation,
				files: drafts
					? { "d.gguf": { ...good, runtime: { distribution } } }
					: {},
			});
			assert.equal(report.draft, expected.draft);
			assert.equal(report.verifyMs.length > 0, expected.isMeasured);
			const text = drafts ? [1, 2, 3] : fakeTokenize("a, b, a, b, a, b, ");
			answer?.begin(text);
			const { signal } = new AbortController();
			const draft = await answer?.propose(text, 16, signal);
			if (speculation !== "off") assert.ok(answer);
			assert.equal(draft?.source ?? null, expected.proposes);
		});

	it("is not loaded if the target cannot roll back", async () => {
		const { report, answer, asked } = await load({
			files: { "draft.gguf": good },
			model: { cannotRollBack: true },
		});
		assert.deepEqual([report.draft, report.verifyMs], [null, []]);
		assert.deepEqual(asked, []);
		assert.equal(answer, undefined);
	});
});
