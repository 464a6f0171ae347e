import assert from "node:assert/strict";
import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { logTo } from "../../../../src/base/log.ts";
import {
	ChatStates,
	type StateOwner,
} from "../../../../src/engine/chat/chatState.ts";
import { AnswerTokens } from "../../../../src/engine/chat/chatTokens.ts";
import { KvCache } from "../../../../src/engine/kv/kvCache.ts";
import {
	FakeRuntime,
	FakeSequence,
} from "../../../support/fakes/fakeRuntime.ts";

describe("ChatStates", () => {
	let folder: string;
	let stateFile: string;
	let lines: string[];
	beforeEach(() => {
		folder = mkdtempSync(path.join(tmpdir(), "headroom-state-"));
		stateFile = path.join(folder, "history", "state");
		lines = [];
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	const inMemory = () =>
		new ChatStates(logTo((level, line) => lines.push(`[${level}] ${line}`)));
	const owner = async (
		tokens: readonly number[],
		changes: Partial<StateOwner> = {},
	): Promise<StateOwner> => {
		const cache = new KvCache(
			new FakeSequence(4096, {}, new FakeRuntime().journal),
		);
		if (tokens.length > 0) await cache.append(tokens, 0);
		const answers = new AnswerTokens();
		return { key: "k", cache, answers, tokenBytes: 1, ...changes };
	};
	const text = Array.from({ length: 300 }, (_, i) => i);
	const save = async (changes: Partial<StateOwner> = {}) => {
		const it = await owner(text, changes);
		it.answers.remember("mine", [1, 2]);
		it.answers.remember("of another", [3]);
		await inMemory().save({ stateFile }, it, new Set(["mine", "unknown"]));
	};
	const restored = async (changes: Partial<StateOwner> = {}) => {
		const it = await owner([], changes);
		await inMemory().restore({ stateFile }, it);
		return it;
	};

	it("are restored with the answers of their conversation and no others", async () => {
		await save();
		assert.doesNotMatch(readFileSync(`${stateFile}.json`, "utf8"), /another/);
		const { cache, answers } = await restored();
		assert.deepEqual(cache.tokens, text);
		assert.deepEqual(answers.withTexts(new Set(["mine", "of another"])), [
			["mine", [1, 2]],
		]);
	});

	it("are readable by the user only, and leave no other files", async () => {
		await save();
		await save();
		assert.deepEqual(readdirSync(path.dirname(stateFile)).sort(), [
			"state",
			"state.json",
		]);
		if (process.platform === "win32") return;
		for (const file of [stateFile, `${stateFile}.json`])
			assert.equal(statSync(file).mode & 0o777, 0o600);
		assert.equal(statSync(path.dirname(stateFile)).mode & 0o777, 0o700);
	});

	for (const [what, damage] of [
		["was cut short", () => truncateSync(stateFile, 100)],
		["was swapped", () => writeFileSync(stateFile, "[1,2,3]")],
		["is gone", () => rmSync(stateFile)],
		["has no companion", () => rmSync(`${stateFile}.json`)],
		["has half a companion", () => truncateSync(`${stateFile}.json`, 40)],
		[
			"has a companion with another content",
			() => writeFileSync(`${stateFile}.json`, '{"version":2}'),
		],
		[
			"has a companion that is huge",
			() => truncateSync(`${stateFile}.json`, 17 * 2 ** 20),
		],
	] as const)
		it(`are not passed to llama.cpp if the file ${what}`, async () => {
			await save();
			damage();
			assert.deepEqual((await restored()).cache.tokens, []);
			assert.doesNotMatch(lines.join("\n"), /headroom-state|mine/);
		});

	it("stay on disk if they belong to another model", async () => {
		await save();
		assert.deepEqual((await restored({ key: "other" })).cache.tokens, []);
		assert.deepEqual((await restored()).cache.tokens, text);
	});

	it("are read once, so that one that crashes the process does so only once", async () => {
		await save();
		const sequence = new FakeSequence(
			4096,
			{
				onState: () => {
					throw new Error("as if it had");
				},
			},
			new FakeRuntime().journal,
		);
		const it = await restored({ cache: new KvCache(sequence) });
		assert.deepEqual(it.cache.tokens, []);
		assert.equal(await it.cache.reusePrefix(text), 0, "it works on");
		assert.deepEqual(readdirSync(path.dirname(stateFile)), []);
	});

	it("are read by only one of two windows", async () => {
		await save();
		const both = await Promise.all([restored(), restored()]);
		assert.equal(both.filter(({ cache }) => cache.tokens.length > 0).length, 1);
		await Promise.all([save(), save()]);
		assert.ok((await restored()).cache.tokens.length <= text.length);
	});

	it("are not restored over the same conversation in the cache", async () => {
		const states = inMemory();
		const it = await owner(text);
		await states.restore({ stateFile }, it);
		await states.save({ stateFile }, it, new Set());
		await it.cache.append([7], 0);
		await states.restore({ stateFile }, it);
		assert.equal(it.cache.tokens.length, text.length + 1);
		assert.ok(existsSync(stateFile));
	});

	for (const [what, tokens, tokenBytes] of [
		["hardly worth it", text.slice(0, 255), 1],
		["so large that it would delay completions", text, 2 ** 20],
	] as const)
		it(`are not saved if that is ${what}`, async () => {
			const it = await owner(tokens, { tokenBytes });
			await inMemory().save({ stateFile }, it, new Set());
			assert.ok(!existsSync(stateFile));
		});

	it("are removed together with leftovers, even while one is about to be written", async () => {
		const states = inMemory();
		await states.remove(stateFile);
		await save();
		writeFileSync(`${stateFile}.1.tmp`, "left behind");
		writeFileSync(path.join(path.dirname(stateFile), "other.tmp"), "");
		const saved = states.save({ stateFile }, await owner(text), new Set());
		await states.remove(stateFile);
		await saved;
		assert.deepEqual(readdirSync(path.dirname(stateFile)), ["other.tmp"]);
		assert.deepEqual(lines, []);
	});

	it("log a failure to save", async () => {
		writeFileSync(path.join(folder, "history"), "in the way");
		const states = inMemory();
		await states.save({ stateFile }, await owner(text), new Set());
		assert.match(
			lines.join("\n"),
			/^\[warn\] could not save a chat snapshot: E\w+$/,
		);
		assert.equal(states.isSaving, false);
	});
});
