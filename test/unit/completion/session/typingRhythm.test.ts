import assert from "node:assert/strict";
import { TypingRhythm } from "../../../../src/completion/session/typingRhythm.ts";

const even = (gapMs: number, count = 20) => Array<number>(count).fill(gapMs);

/** How long until someone who typed with these gaps has slowed down. */
function untilSlowMs(gapsMs: readonly number[], sinceLastMs = 0): number {
	const rhythm = new TypingRhythm();
	let nowMs = 1000;
	rhythm.key(nowMs);
	for (const gapMs of gapsMs) {
		nowMs += gapMs;
		rhythm.key(nowMs);
	}
	return rhythm.untilSlowMs(nowMs + sinceLastMs);
}

describe("TypingRhythm", () => {
	for (const [what, gapsMs, sinceLastMs, expected] of [
		["needs no time before a rhythm is known", even(100, 5), 0, 0],
		["takes as long as the usual gap", even(200), 0, 200],
		["counts from the last key", even(200), 50, 150],
		["is over after that", even(200), 250, 0],
		[
			"takes most gaps of an uneven typist",
			[...even(100), ...even(250, 4)],
			0,
			100,
		],
		[
			"takes longer for one with many long gaps",
			[...even(100, 12), ...even(250, 8)],
			0,
			250,
		],
		["never takes long", even(900), 0, 350],
		["ignores pauses for thought", [...even(150), 5000, 8000, 20_000], 0, 150],
		["forgets old gaps", [...even(350, 40), ...even(150, 40)], 0, 150],
	] as const)
		it(`${what}`, () =>
			assert.equal(untilSlowMs(gapsMs, sinceLastMs), expected));
});
