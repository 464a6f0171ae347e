import assert from "node:assert/strict";
import { ownChat } from "../../../../src/protocol/engineStatus.ts";
import {
	type DrivenOptions,
	driveEngine,
} from "../../../support/fakes/drivenEngine.ts";
import { FakeClock } from "../../../support/fakes/fakeClock.ts";
import { fakeRam } from "../../../support/fakes/fakeRuntime.ts";
import { settle } from "../../../support/settle.ts";

const chat = { file: "/models/talks.gguf", contextWindow: 4096, drafts: [] };

const minuteMs = 60_000;

function setUp(options: DrivenOptions = {}) {
	const clock = new FakeClock();
	const driven = driveEngine({
		now: clock.now,
		setTimer: clock.setTimer,
		...options,
	});
	return {
		...driven,
		clock,
		state: () => {
			const report = driven.report();
			return report && ownChat(report)?.state;
		},
		isAway: () => {
			const report = driven.report();
			return report?.kind === "ready" && report.isAway === true;
		},
		loadBoth: async () => {
			driven.load({ chat });
			await driven.end("load");
		},
	};
}

/** Room for one model at a time. */
const tight = (models: number) => [
	{ ...fakeRam, freeBytes: models === 0 ? 4 * 2 ** 30 : 2 ** 26 },
];

describe("the chat's own model", () => {
	it("is not loaded before it is asked", async () => {
		const it = setUp();
		await it.loadBoth();
		assert.equal(it.runtime.loads, 1);
		assert.equal(it.state(), "unloaded");
	});

	it("is loaded for a question, and answers it", async () => {
		const it = setUp();
		await it.loadBoth();
		it.chat("c");
		assert.equal(await it.outcome("c"), "endOfText");
		assert.equal(it.said("c"), "abc");
		assert.equal(it.runtime.lastLoad?.description.file, chat.file);
		assert.equal(it.state(), "ready");
		assert.equal(it.runtime.journal.liveModels, 2);
	});

	it("is loaded in advance, once", async () => {
		const it = setUp();
		await it.loadBoth();
		it.loadChat("a");
		it.loadChat("b");
		const [a, b] = await Promise.all([it.end("a"), it.end("b")]);
		assert.ok(a.kind === "chatLoaded" && b.kind === "chatLoaded");
		assert.equal(a.loaded.model.file, chat.file);
		assert.equal(a.loaded.load.chatWindow, 4096);
		assert.equal(it.runtime.loads, 2);
	});

	it("lets completions through while it is loaded", async () => {
		let loaded = (): void => {};
		let loads = 0;
		const it = setUp({
			onLoad: () =>
				++loads === 1
					? undefined
					: new Promise<void>((resolve) => {
							loaded = resolve;
						}),
		});
		await it.loadBoth();
		it.chat("c");
		await it.until(() => it.state() === "loading");
		await settle();
		it.complete("r");
		assert.equal(await it.outcome("r"), "endOfText");
		assert.equal(it.state(), "loading");
		loaded();
		assert.equal(await it.outcome("c"), "endOfText");
	});

	it("reports a load that failed, and tries again with the next question", async () => {
		let fails = true;
		let loads = 0;
		const it = setUp({
			onLoad: () => {
				if (++loads > 1 && fails) throw new Error("torn");
			},
		});
		await it.loadBoth();
		it.chat("c");
		assert.equal(await it.outcome("c"), "modelRefused");
		assert.equal(it.state(), "failed");
		it.complete("r");
		assert.equal(await it.outcome("r"), "endOfText");
		fails = false;
		it.chat("d");
		assert.equal(await it.outcome("d"), "endOfText");
	});

	it("refuses a model without a chat template", async () => {
		const it = setUp({ chatTemplate: null });
		await it.loadBoth();
		it.chat("c");
		assert.equal(await it.outcome("c"), "chatUnsupported");
		assert.equal(it.runtime.journal.liveModels, 1);
		assert.equal(it.runtime.journal.liveSequences, 3);
	});

	it("goes when nobody has asked for a quarter of an hour", async () => {
		const it = setUp();
		await it.loadBoth();
		it.chat("c");
		await it.end("c");
		await settle();
		it.clock.advance(14 * minuteMs);
		it.chat("d");
		await it.end("d");
		await settle();
		it.clock.advance(14 * minuteMs);
		await settle();
		assert.equal(it.state(), "ready");
		it.clock.advance(minuteMs);
		await it.until(() => it.state() === "unloaded");
		assert.equal(it.runtime.journal.liveModels, 1);
		it.chat("e");
		assert.equal(await it.outcome("e"), "endOfText");
	});

	it("keeps the caches of the one for completion when the chat gets another", async () => {
		const it = setUp();
		await it.loadBoth();
		it.complete("r");
		await it.end("r");
		it.chat("c");
		await it.end("c");
		it.load({ chat: { ...chat, file: "/models/other.gguf" } }, "load 2");
		assert.equal((await it.end("load 2")).kind, "loaded");
		assert.equal(it.runtime.loads, 2);
		assert.equal(it.state(), "unloaded");
		it.complete("again");
		assert.ok((await it.statsOf("again")).reusedTokens > 0);
		it.chat("d");
		await it.end("d");
		assert.equal(it.runtime.lastLoad?.description.file, "/models/other.gguf");
	});

	it("keeps its own cache when completion gets another model", async () => {
		const it = setUp();
		await it.loadBoth();
		it.chat("c");
		await it.end("c");
		it.load({ file: "/models/other.gguf", chat }, "load 2");
		assert.equal((await it.end("load 2")).kind, "loaded");
		assert.equal(it.runtime.loads, 3);
		assert.equal(it.state(), "ready");
		it.chat("d");
		assert.ok((await it.statsOf("d")).reusedTokens > 0);
	});

	it("goes when the model for completion is to chat", async () => {
		const it = setUp();
		await it.loadBoth();
		it.chat("c");
		await it.end("c");
		it.load({}, "load 2");
		await it.end("load 2");
		assert.equal(it.state(), undefined);
		assert.equal(it.runtime.journal.liveModels, 1);
		it.chat("d");
		assert.equal(await it.outcome("d"), "endOfText");
	});

	it("leaves nothing behind at the end", async () => {
		const it = setUp();
		await it.loadBoth();
		it.chat("c");
		await it.end("c");
		it.shutdown();
		await it.until(() => it.shutdowns() === 1);
		assert.equal(it.runtime.journal.liveModels, 0);
		assert.equal(it.runtime.journal.liveSequences, 0);
	});
});

describe("the chat's own model, without room beside the other", () => {
	it("takes its place, and gives it back when it is idle", async () => {
		const it = setUp({ devices: tight });
		await it.loadBoth();
		it.chat("c");
		assert.equal(await it.outcome("c"), "endOfText");
		assert.equal(it.runtime.journal.liveModels, 1);
		assert.ok(it.isAway());
		it.complete("r");
		assert.equal(await it.outcome("r"), "modelLent");
		await settle();
		it.clock.advance(minuteMs);
		await it.until(() => !it.isAway() && it.report()?.kind === "ready");
		assert.equal(it.state(), "unloaded");
		it.complete("s");
		assert.equal(await it.outcome("s"), "endOfText");
	});

	it("gives it back at once where it cannot be loaded at all", async () => {
		const it = setUp({
			devices: (models) => [
				{ ...fakeRam, freeBytes: models === 0 ? 4 * 2 ** 30 : 0 },
			],
			onCreateSequences: ({ contextWindow }) => {
				if (contextWindow === 4096) throw new Error("no room");
			},
		});
		await it.loadBoth();
		it.chat("c");
		await it.end("c");
		await it.until(() => it.report()?.kind === "ready" && !it.isAway());
		it.complete("r");
		assert.equal(await it.outcome("r"), "endOfText");
	});

	it("gives way to another model for completion", async () => {
		const it = setUp({ devices: tight });
		await it.loadBoth();
		it.chat("c");
		await it.end("c");
		it.load({ file: "/models/other.gguf", chat }, "load 2");
		assert.equal((await it.end("load 2")).kind, "loaded");
		assert.equal(it.state(), "unloaded");
		assert.equal(it.runtime.journal.liveModels, 1);
	});
});
