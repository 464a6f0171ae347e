import assert from "node:assert/strict";
import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { logTo } from "../../../../src/base/log.ts";
import { KvCache } from "../../../../src/engine/kv/kvCache.ts";
import { KvCachePool } from "../../../../src/engine/kv/kvCachePool.ts";
import {
	PromptSnapshots,
	type SnapshotModel,
} from "../../../../src/engine/kv/promptSnapshots.ts";
import { FakeClock } from "../../../support/fakes/fakeClock.ts";
import {
	type FakeOptions,
	FakeRuntime,
	FakeSequence,
} from "../../../support/fakes/fakeRuntime.ts";
import { seededRandom } from "../../../support/seededRandom.ts";
import { until } from "../../../support/until.ts";

const prompt = (file: string, tokens: readonly number[]) => ({
	path: file,
	tokens,
	headTokens: 0,
	stableTokens: tokens.length,
	isInAdvance: false,
	mayPersist: true,
});
const tokensOf = (count: number, first = 0) =>
	Array.from({ length: count }, (_, i) => first + i);

describe("PromptSnapshots", () => {
	let folder: string;
	let lines: string[];
	beforeEach(() => {
		folder = path.join(mkdtempSync(path.join(tmpdir(), "headroom-kv-")), "kv");
		lines = [];
	});
	afterEach(() => rmSync(path.dirname(folder), { recursive: true }));

	/** An engine with its model. */
	const engine = async (
		changes: Partial<SnapshotModel> & {
			readonly workspace?: string;
			readonly freeBytes?: number;
			readonly sequence?: FakeOptions;
		} = {},
	) => {
		const clock = new FakeClock();
		const { workspace = "w", freeBytes = 2 ** 40, sequence = {} } = changes;
		const caches = Array.from(
			{ length: 3 },
			() =>
				new KvCache(
					new FakeSequence(4096, sequence, new FakeRuntime().journal),
				),
		);
		const model: SnapshotModel = {
			caches: new KvCachePool(caches),
			budget: { localTokens: 256, contextTokens: 512, typedTokens: 256 },
			modelKey: "m",
			snapshotKey: "k",
			tokenBytes: 1,
			...changes,
		};
		const idle: Promise<void>[] = [];
		const snapshots = new PromptSnapshots({
			current: () => model,
			whenIdle: (work) => {
				const done = work();
				idle.push(done);
				return done;
			},
			log: logTo((level, line) => lines.push(`[${level}] ${line}`)),
			now: clock.now,
			epochMs: Date.now,
			setTimer: clock.setTimer,
			freeBytes: () => Promise.resolve(freeBytes),
		});
		await snapshots.open({ folder, workspace });
		const use = async (it: ReturnType<typeof prompt>) => {
			const cache = model.caches.chooseFor(it);
			await snapshots.restore(it, cache);
			const reused = await cache.reusePrefix(it.tokens);
			const rest = it.tokens.slice(reused);
			if (rest.length > 0) await cache.append(rest, 0);
			return reused;
		};
		/** Until what begins in this time is written, though it may not have its name yet. */
		const pause = async (ms: number) => {
			snapshots.requestsEnded();
			clock.advance(ms);
			await Promise.all(idle);
		};
		return { snapshots, use, pause, clock, model };
	};
	const save = async (
		it: ReturnType<typeof prompt>,
		changes: Parameters<typeof engine>[0] = {},
	) => {
		const { snapshots, use } = await engine(changes);
		await use(it);
		await snapshots.saveAll();
	};
	const names = () => (existsSync(folder) ? readdirSync(folder) : []);
	const snapshotFile = () =>
		path.join(folder, names().find((it) => it.endsWith(".kv")) ?? "none");

	const savedTokens = (): number | undefined => {
		try {
			return JSON.parse(readFileSync(`${snapshotFile()}.json`, "utf8")).tokens
				.length;
		} catch {
			return undefined;
		}
	};

	it("restore the prompt of a file in the next engine as far as it is the same", async () => {
		await save(prompt("a.ts", tokensOf(300)));
		const changed = [...tokensOf(280), ...tokensOf(20, 1000)];
		assert.equal(await (await engine()).use(prompt("a.ts", changed)), 280);
		assert.equal(
			await (await engine()).use(prompt("a.ts", tokensOf(300))),
			299,
			"and stay on disk",
		);
		assert.equal(await (await engine()).use(prompt("b.ts", changed)), 0);
		assert.match(lines.join("\n"), /restored a saved prompt: 280 tokens/);
	});

	it("are written in a pause, and again only when enough changed and a minute has passed", async () => {
		const saved = (count: number) =>
			until(`${count} saved tokens`, () => savedTokens() === count);
		const it = await engine();
		await it.use(prompt("a.ts", tokensOf(200)));
		await it.pause(3_900);
		assert.deepEqual(names(), []);
		await it.pause(4_000);
		await saved(200);
		await it.use(prompt("a.ts", tokensOf(210)));
		await it.pause(100_000);
		assert.equal(it.clock.pending, 0, "10 tokens are not worth it");

		await it.use(prompt("a.ts", tokensOf(300)));
		await it.pause(4_000);
		await saved(300);
		await it.use(prompt("a.ts", tokensOf(400)));
		await it.pause(4_000);
		assert.equal(it.clock.pending, 1);
		assert.equal(savedTokens(), 300);
		await it.pause(60_000);
		await saved(400);
	});

	it("wait while requests arrive", async () => {
		const it = await engine();
		await it.use(prompt("a.ts", tokensOf(200)));
		it.snapshots.requestsEnded();
		it.snapshots.requestArrived();
		it.clock.advance(100_000);
		assert.equal(it.clock.pending, 0);
		assert.deepEqual(names(), []);
	});

	it("are not read for a prompt that the cache holds as well", async () => {
		await save(prompt("a.ts", tokensOf(300)));
		const it = await engine();
		await it.use(prompt("a.ts", tokensOf(300)));
		lines = [];
		await it.use(prompt("a.ts", tokensOf(310)));
		assert.deepEqual(lines, []);
	});

	it("can be read by the user only, and do not name the file", async () => {
		await save(prompt("src/customer.ts", tokensOf(300)));
		assert.equal(names().length, 2);
		assert.doesNotMatch(names().join(), /customer/);
		if (process.platform === "win32") return;
		assert.equal(statSync(folder).mode & 0o777, 0o700);
		for (const name of names())
			assert.equal(statSync(path.join(folder, name)).mode & 0o777, 0o600);
	});

	for (const [what, damage] of [
		["cut short", (file: string) => truncateSync(file, 100)],
		["swapped", (file: string) => writeFileSync(file, "[1,2,3]")],
		["deleted", (file: string) => rmSync(file)],
		["left without a companion", (file: string) => rmSync(`${file}.json`)],
		[
			"given half a companion",
			(file: string) => truncateSync(`${file}.json`, 40),
		],
		[
			"given a companion that is huge",
			(file: string) => truncateSync(`${file}.json`, 2 ** 21),
		],
		[
			"given a companion of another kind",
			(file: string) => writeFileSync(`${file}.json`, '{"version":2}'),
		],
	] as const)
		it(`do not reach llama.cpp if the file was ${what}`, async () => {
			await save(prompt("a.ts", tokensOf(300)));
			damage(snapshotFile());
			let loads = 0;
			const it = await engine({
				sequence: {
					onState: (kind) => {
						if (kind === "load") loads++;
					},
				},
			});
			assert.equal(await it.use(prompt("a.ts", tokensOf(300))), 0);
			assert.equal(loads, 0);
			await it.snapshots.saveAll();
			assert.equal(
				await (await engine()).use(prompt("a.ts", tokensOf(300))),
				299,
				"a new one takes its place",
			);
			assert.doesNotMatch(lines.join("\n"), /a\.ts|headroom-kv/);
		});

	it("are deleted if they come from another model, window or build", async () => {
		await save(prompt("a.ts", tokensOf(300)));
		const it = await engine({ snapshotKey: "other" });
		assert.equal(await it.use(prompt("a.ts", tokensOf(300))), 0);
		assert.deepEqual(names(), []);
	});

	it("of another workspace are neither read nor deleted", async () => {
		await save(prompt("a.ts", tokensOf(300)));
		const it = await engine({ workspace: "other" });
		assert.equal(await it.use(prompt("a.ts", tokensOf(300))), 0);
		await it.snapshots.saveAll();
		assert.equal(names().length, 4);
	});

	it("leave the cache usable where llama.cpp refuses one", async () => {
		await save(prompt("a.ts", tokensOf(300)));
		const it = await engine({
			sequence: {
				onState: (kind) => {
					if (kind === "load") throw new Error("as if it were another's");
				},
			},
		});
		assert.equal(await it.use(prompt("a.ts", tokensOf(300))), 0);
		assert.deepEqual(names(), []);
		assert.match(lines.join("\n"), /^\[warn\] could not restore/);
	});

	it("keep to 16 files, the least recently used going first", async () => {
		for (let i = 0; i < 16; i++) {
			await save(prompt(`${i}.ts`, tokensOf(100 + i)));
			const usedAt = new Date(Date.now() - 100_000 + 1000 * i);
			for (const name of names().filter(
				(it) =>
					it.endsWith(".kv") &&
					statSync(path.join(folder, it)).mtimeMs > Date.now() - 50_000,
			))
				utimesSync(path.join(folder, name), usedAt, usedAt);
		}
		const reader = await engine();
		assert.equal(await reader.use(prompt("0.ts", tokensOf(100))), 99);
		await save(prompt("new.ts", tokensOf(100)));
		assert.equal(names().length, 32);
		assert.equal(await (await engine()).use(prompt("0.ts", tokensOf(100))), 99);
		assert.equal(await (await engine()).use(prompt("1.ts", tokensOf(101))), 0);
		assert.equal(
			await (await engine()).use(prompt("2.ts", tokensOf(102))),
			101,
		);
	});

	it("keep to a number of bytes, and to a month", async () => {
		await save(prompt("old.ts", tokensOf(300)));
		const file = snapshotFile();
		const longAgo = new Date(Date.now() - 31 * 24 * 60 * 60_000);
		utimesSync(file, longAgo, longAgo);
		await engine();
		assert.deepEqual(names(), []);

		await save(prompt("large.ts", tokensOf(300)));
		truncateSync(snapshotFile(), 256 * 2 ** 20 + 1);
		await engine();
		assert.deepEqual(names(), []);
	});

	for (const [what, used, changes] of [
		["short", prompt("a.ts", tokensOf(95)), {}],
		[
			"of a file that must not be kept",
			{ ...prompt("a.ts", tokensOf(300)), mayPersist: false },
			{},
		],
		["large", prompt("a.ts", tokensOf(300)), { tokenBytes: 2 ** 20 }],
		[
			"of a state that cannot roll back",
			prompt("a.ts", tokensOf(300)),
			{ sequence: { cannotRollBack: true } },
		],
		["on a full disk", prompt("a.ts", tokensOf(300)), { freeBytes: 2 ** 20 }],
	] as const)
		it(`are not written if that is ${what}`, async () => {
			await save(used, changes);
			assert.deepEqual(names(), []);
			assert.deepEqual(lines, []);
		});

	it("are deleted on request, and written again after the next use only", async () => {
		const it = await engine();
		await it.use(prompt("a.ts", tokensOf(300)));
		await it.snapshots.saveAll();
		writeFileSync(path.join(folder, "other"), "");
		await it.snapshots.clear();
		await it.snapshots.saveAll();
		assert.deepEqual(names(), ["other"]);
		await it.use(prompt("a.ts", tokensOf(300)));
		await it.snapshots.saveAll();
		assert.equal(names().length, 3);
	});

	it("are deleted where they are no longer wanted", async () => {
		await save(prompt("a.ts", tokensOf(300)));
		const it = await engine();
		await it.snapshots.open(undefined);
		await it.use(prompt("a.ts", tokensOf(300)));
		await it.snapshots.saveAll();
		await it.pause(100_000);
		assert.deepEqual(names(), []);
	});

	it("say only the code of a failure", async () => {
		writeFileSync(folder, "in the way");
		await save(prompt("a.ts", tokensOf(300)));
		assert.ok(lines.length > 0);
		for (const line of lines)
			assert.match(line, /^\[warn\] could not [a-z ]+: E\w+$/);
	});

	it("never change what is evaluated, whatever is written, read and damaged", async () => {
		const random = seededRandom(7);
		const pick = (count: number) => Math.floor(random() * count);
		let reusedTokens = 0;
		for (let round = 0; round < 60; round++) {
			const it = await engine({ snapshotKey: `k${pick(2)}` });
			for (let request = 0; request < 6; request++) {
				const file = pick(4);
				const tokens = [
					...tokensOf(100 + pick(100), 1000 * file),
					...tokensOf(pick(50), 5000 + pick(3)),
				];
				reusedTokens += await it.use(prompt(`${file}.ts`, tokens));
				const { cache } = it.model.caches.slots[0] ?? {};
				assert.deepEqual(cache?.tokens, tokens);
				if (pick(4) === 0) await it.pause(70_000);
				const name = names()[pick(8)];
				if (pick(4) === 0 && name !== undefined)
					writeFileSync(
						path.join(folder, name),
						readFileSync(path.join(folder, name)).subarray(0, pick(300)),
					);
			}
			if (pick(2) === 0) await it.snapshots.saveAll();
		}
		assert.ok(reusedTokens > 1000);
	});
});
