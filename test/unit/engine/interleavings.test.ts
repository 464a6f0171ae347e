import assert from "node:assert/strict";
import { driveEngine, user } from "../../support/fakes/drivenEngine.ts";
import { fakeText } from "../../support/fakes/fakeRuntime.ts";
import { seededRandom } from "../../support/seededRandom.ts";
import { settle } from "../../support/settle.ts";

/** Requests, loads and cancels in random order, some in the middle of a load, an evaluation, or the creation of a context. */
async function play(seed: number): Promise<void> {
	const random = seededRandom(seed);
	const asked: string[] = [];
	let actions = 12 + Math.floor(random() * 12);
	const happens = (chance: number) => random() < chance;
	const sometimes = async (): Promise<void> => {
		if (actions > 0 && happens(0.1)) act();
		if (happens(0.3)) await settle();
	};
	const it = driveEngine({
		continuation: (text) => (text.length % 7 === 0 ? "" : "a"),
		onEvaluate: async (tokens) => {
			await sometimes();
			if (fakeText(tokens).includes("!")) throw new Error("lost");
		},
		onLoad: sometimes,
		onCreateSequences: async () => {
			await sometimes();
			return undefined;
		},
	});
	const ask = (): string => {
		const requestId = `r${asked.length}`;
		asked.push(requestId);
		return requestId;
	};
	const text = () => (happens(0.1) ? "!" : "y".repeat(1 + random() * 300));
	const moves = [
		() => it.load({}, ask()),
		() => it.complete(ask(), { typed: text(), maxTokens: 8 }),
		() => it.complete(ask(), { typed: text(), priority: "idle" }),
		() => {
			const steered = asked[Math.floor(random() * asked.length)];
			const priority = happens(0.3) ? "idle" : "typing";
			it.complete(ask(), { typed: text(), maxTokens: 8, priority }, steered);
		},
		() => it.chat(ask(), { turns: [user(text())], maxTokens: 12 }),
		() => it.chat(ask(), { turns: [user(text())], maxTokens: 12 }),
		() => it.count(ask()),
		() =>
			it.engine.receive({
				kind: "describeDevices",
				requestId: ask(),
				gpu: "off",
			}),
		() => it.cancel(asked[Math.floor(random() * asked.length)] ?? ""),
	];
	function act(): void {
		actions--;
		moves[Math.floor(random() * moves.length)]?.();
	}
	it.load();
	while (actions > 0) {
		act();
		if (happens(0.4)) await settle();
	}
	it.shutdown();
	await it.until(() => it.shutdowns() === 1);
	await Promise.all(asked.map((requestId) => it.end(requestId)));
	for (let i = 0; i < 5; i++) await settle();
	for (const requestId of asked) {
		const mine = it.sent.filter(
			(message) => "requestId" in message && message.requestId === requestId,
		);
		assert.equal(it.lasts(requestId).length, 1, `${requestId} of seed ${seed}`);
		assert.equal(mine.at(-1), it.lasts(requestId)[0], "nothing comes after it");
	}
	const { liveModels, liveSequences } = it.runtime.journal;
	assert.deepEqual([liveModels, liveSequences], [0, 0], `seed ${seed}`);
}

describe("any requests in any order", () => {
	for (let block = 0; block < 4; block++)
		it(`are answered once, and nothing is left after a shutdown (${block})`, async () => {
			for (let seed = block * 50; seed < block * 50 + 50; seed++)
				await play(seed);
		});
});
