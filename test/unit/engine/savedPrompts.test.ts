import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { success } from "../../../src/base/result.ts";
import { Engine } from "../../../src/engine/engine.ts";
import type {
	FromEngine,
	LoadOptions,
} from "../../../src/protocol/engineProtocol.ts";
import { FakeClock } from "../../support/fakes/fakeClock.ts";
import { emptyRequest } from "../../support/fakes/fakeEngine.ts";
import {
	FakeRuntime,
	fakeModelFile,
	scripted,
} from "../../support/fakes/fakeRuntime.ts";
import { plainLoadOptions } from "../../support/loadOptions.ts";
import { until } from "../../support/until.ts";

describe("the engine's saved prompts", () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(path.join(tmpdir(), "headroom-saved-"));
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	const start = () => {
		const sent: FromEngine[] = [];
		const clock = new FakeClock();
		let isOver = false;
		const engine = new Engine({
			createRuntime: () =>
				Promise.resolve(
					success(new FakeRuntime({ continuation: scripted("abc") })),
				),
			readVocabulary: () => Promise.resolve(undefined),
			readModelFile: () => success(fakeModelFile()),
			send: (message) => sent.push(message),
			onShutdown: () => {
				isOver = true;
			},
			now: clock.now,
			setTimer: clock.setTimer,
		});
		let requests = 0;
		const end = async (requestId: string) => {
			const find = () =>
				sent.find(
					(it) =>
						(it.kind === "done" || it.kind === "loaded") &&
						it.requestId === requestId,
				);
			await until(`the end of ${requestId}`, () => find() !== undefined);
			return find();
		};
		return {
			engine,
			clock,
			load: (
				options: Partial<LoadOptions> = {
					savedPrompts: { folder, workspace: "w" },
				},
			) => {
				const requestId = `${++requests}`;
				engine.receive({
					kind: "load",
					requestId,
					options: { ...plainLoadOptions, ...options },
				});
				return end(requestId);
			},
			reusedTokens: async (mayPersist = true) => {
				const requestId = `${++requests}`;
				engine.receive({
					kind: "complete",
					requestId,
					request: {
						...emptyRequest,
						prefixBlocks: ["let a = 1;\n".repeat(12)],
						typed: "x",
						mayPersist,
					},
				});
				const done = await end(requestId);
				assert.equal(done?.kind, "done");
				return done.stats.reusedTokens;
			},
			stop: async () => {
				engine.receive({ kind: "shutdown" });
				await until("the end", () => isOver);
			},
		};
	};
	const files = () => readdirSync(folder);

	it("outlive a shutdown and another load", async () => {
		const first = start();
		await first.load();
		assert.equal(await first.reusedTokens(), 0);
		await first.stop();
		const second = start();
		await second.load();
		assert.ok((await second.reusedTokens()) > 130);
		await second.load();
		assert.ok((await second.reusedTokens()) > 130);
		await second.stop();
		assert.equal(files().length, 2);
	});

	it("are written in a pause, while nothing runs", async () => {
		const it = start();
		await it.load();
		await it.reusedTokens();
		it.clock.advance(5_000);
		await until("a saved prompt", () => files().length === 2);
		it.engine.receive({ kind: "clearPrompts" });
		await until("none", () => files().length === 0);
		await it.stop();
		assert.equal(files().length, 0);
	});

	it("are not made of a prompt that must not be kept, nor without a folder", async () => {
		const it = start();
		await it.load();
		await it.reusedTokens(false);
		await it.stop();
		assert.equal(files().length, 0);
		const other = start();
		await other.load();
		await other.reusedTokens();
		await other.load({});
		await other.reusedTokens();
		await other.stop();
		assert.equal(files().length, 0);
	});
});
