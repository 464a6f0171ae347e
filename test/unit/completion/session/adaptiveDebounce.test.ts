import assert from "node:assert/strict";
import { AdaptiveDebounce } from "../../../../src/completion/session/adaptiveDebounce.ts";

/** A debounce after typing with these gaps, on an engine with this latency. */
function typing(
	gapsMs: readonly number[],
	answersMs: readonly number[],
): AdaptiveDebounce {
	const rhythm = new AdaptiveDebounce({ editorDelayMs: 50 });
	let nowMs = 1000;
	rhythm.key(nowMs);
	for (const gapMs of gapsMs) {
		nowMs += gapMs;
		rhythm.key(nowMs);
	}
	for (const it of answersMs) rhythm.answered(it);
	return rhythm;
}

const even = (gapMs: number, count = 20) => Array<number>(count).fill(gapMs);

describe("AdaptiveDebounce", () => {
	for (const [what, gapsMs, answersMs, pauseMs] of [
		["nothing before a rhythm is known", even(100, 5), [500], 0],
		["nothing before an answer was seen", even(100), [], 0],
		["nothing where answers come before the next key", even(200), [100], 0],
		["for the next key where answers come after it", even(200), [400], 150],
		[
			"for most keys of an uneven typist",
			[...even(100), ...even(250, 4)],
			[400],
			50,
		],
		[
			"longer for one with many long gaps",
			[...even(100, 12), ...even(250, 8)],
			[400],
			200,
		],
		["never for long", even(900), [2000], 300],
		["not at all between keys that the editor waits out", even(40), [400], 0],
	] as const)
		it(`waits ${what}`, () =>
			assert.equal(typing(gapsMs, answersMs).pauseMs, pauseMs));

	it("ignores pauses for thought", () =>
		assert.equal(
			typing([...even(150), 5000, 8000, 20_000], [400]).pauseMs,
			100,
		));

	it("forgets old gaps", () =>
		assert.equal(
			typing([...even(350, 40), ...even(150, 40)], [400]).pauseMs,
			100,
		));

	it("adapts to an engine that becomes faster", () => {
		const rhythm = typing(even(200), [400]);
		assert.ok(rhythm.pauseMs > 0);
		for (let i = 0; i < 20; i++) rhythm.answered(20);
		assert.equal(rhythm.pauseMs, 0);
	});
});
