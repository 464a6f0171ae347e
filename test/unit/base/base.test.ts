import assert from "node:assert/strict";
import { orAborted } from "../../../src/base/abort.ts";
import { DisposableStore, toDisposable } from "../../../src/base/disposable.ts";
import { Emitter } from "../../../src/base/event.ts";
import { LruCache } from "../../../src/base/lruCache.ts";
import { phrase, type Translate } from "../../../src/base/sentence.ts";
import {
	formatBytes,
	formatMs,
	formatPercent,
	parseBytes,
} from "../../../src/base/units.ts";
import {
	createError,
	errorSentences,
	errorText,
	HeadroomError,
	messageOf,
} from "../../../src/protocol/errors.ts";
import {
	memoryPartSentences,
	memoryReasonSentences,
} from "../../../src/protocol/memoryReason.ts";

describe("DisposableStore", () => {
	it("disposes last to first, once, and late additions at once", () => {
		const order: string[] = [];
		const store = new DisposableStore();
		for (const name of ["a", "b"])
			store.add(toDisposable(() => order.push(name)));
		store.dispose();
		store.dispose();
		store.add(toDisposable(() => order.push("late")));
		assert.deepEqual(order, ["b", "a", "late"]);
	});
});

describe("Emitter", () => {
	it("tells every listener until it leaves, also one that is there twice", () => {
		const emitter = new Emitter<number>();
		const heard: number[] = [];
		const listener = (value: number) => heard.push(value);
		const first = emitter.event(listener);
		emitter.event(listener);
		emitter.fire(1);
		first.dispose();
		emitter.fire(2);
		assert.deepEqual(heard, [1, 1, 2]);
	});
});

describe("LruCache", () => {
	it("evicts the least recently used entry", () => {
		const cache = new LruCache<string, number>(2);
		cache.set("a", 1);
		cache.set("b", 2);
		cache.get("a");
		cache.set("c", 3);
		assert.deepEqual(
			[cache.get("a"), cache.get("b"), cache.get("c")],
			[1, undefined, 3],
		);
		assert.deepEqual(
			[...cache.newestFirst()].map(([key]) => key),
			["c", "a"],
		);
		cache.delete("a");
		assert.equal(cache.get("a"), undefined);
	});
});

describe("units", () => {
	for (const [actual, expected] of [
		[formatBytes(0), "0 B"],
		[formatBytes(1023), "1023 B"],
		[formatBytes(7_755_328), "7.4 MB"],
		[formatBytes(1024 ** 3 - 1), "1.0 GB"],
		[formatBytes(5 * 1024 ** 4), "5.0 TB"],
		[formatBytes(5000 * 1024 ** 4), "5000.0 TB"],
		[formatMs(0.4), "0 ms"],
		[formatMs(12_345), "12.3 s"],
		[formatPercent(0.954), "95 %"],
	] as const)
		it(`reads ${expected}`, () => assert.equal(actual, expected));

	for (const [text, bytes] of [
		["8GiB", 8 * 2 ** 30],
		[" 1.5 gb", 1.5 * 2 ** 30],
		["512m", 512 * 2 ** 20],
		["2TB", 2 * 2 ** 40],
		["8", undefined],
		["GiB", undefined],
		["-8GiB", undefined],
		["8GiB and more", undefined],
	] as const)
		it(`takes "${text}" for ${bytes}`, () =>
			assert.equal(parseBytes(text), bytes));
});

describe("orAborted", () => {
	it("gives the value, or undefined with the abort, whichever is first", async () => {
		const controller = new AbortController();
		assert.equal(await orAborted(Promise.resolve(1), controller.signal), 1);
		const waiting = orAborted(new Promise(() => {}), controller.signal);
		controller.abort();
		assert.equal(await waiting, undefined);
		assert.equal(
			await orAborted(Promise.resolve(1), controller.signal),
			undefined,
		);
	});
});

describe("errors", () => {
	it("are sentences with their places filled", () =>
		assert.equal(
			errorText(
				createError("modelNotGguf", { file: "a.gguf", found: '"text"' }),
			),
			'The model file a.gguf is not a GGUF file: it begins with "text".',
		));

	it("word their reasons in the language of the reader, after they crossed a boundary", () => {
		const errors = [
			createError("modelCorrupt", {
				file: "a.gguf",
				why: phrase("{key} has the unknown type {type}", {
					key: "k",
					type: "9",
				}),
			}),
			createError("modelTooLarge", {
				file: "a.gguf",
				needs: [
					{
						kind: "needs",
						device: "GPU",
						neededBytes: 2 ** 31,
						freeBytes: 2 ** 30,
						parts: [
							{ part: "weights", bytes: 2 ** 30 },
							{ part: "outputBuffer", bytes: 1 },
							{ part: "margin", bytes: 2 ** 30 },
						],
					},
					{ kind: "fitsOnCpu", tokensPerSecond: 7 },
				],
			}),
		].map((it) => HeadroomError.parse(JSON.parse(JSON.stringify(it))));
		assert.deepEqual(
			errors.map((it) => errorText(it)),
			[
				"The model file a.gguf is corrupt: k has the unknown type 9.",
				"The model file a.gguf does not fit: GPU needs 2.0 GB: weights 1.0 GB, margin 1.0 GB; free 1.0 GB; " +
					"it would fit on the CPU, at about 7.0 tokens per second (headroom.engine.gpu: off).",
			],
		);
		const texts: string[] = [];
		const spy: Translate = (text: string) => {
			texts.push(text);
			return text;
		};
		for (const it of errors) errorText(it, spy);
		assert.deepEqual(texts, [
			"{key} has the unknown type {type}",
			errorSentences.modelCorrupt,
			memoryPartSentences.weights,
			memoryPartSentences.margin,
			memoryReasonSentences.needs,
			memoryReasonSentences.fitsOnCpu,
			errorSentences.modelTooLarge,
		]);
	});

	it("take the first line of whatever was thrown", () => {
		assert.equal(messageOf(new Error("One.\nTwo.")), "One");
		assert.equal(messageOf("plain"), "plain");
		assert.equal(messageOf(undefined), "undefined");
	});
});
