import assert from "node:assert/strict";
import {
	fixedThreads,
	type Step,
	ThreadCount,
} from "../../../../src/engine/schedule/threadCount.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

const decode: Step = { kind: "decode", tokens: 1 };

/** Milliseconds of a decode step on two cores, beside a number of other busy processes. */
const idleMs = { 1: 30, 2: 20 };
const busyMs = { 1: 36, 2: 250 };

interface Machine {
	/** Whether another process is busy in this step. */
	readonly isBusy: (step: number) => boolean;
	/** Steps with this many tokens; single ones by default. */
	readonly stepOf?: (step: number) => Step;
	readonly busy?: { readonly 1: number; readonly 2: number };
	readonly steps?: number;
}

/** Runs the same steps with the chooser and with each fixed count, with noise. */
function run({
	isBusy,
	stepOf = () => decode,
	busy = busyMs,
	steps = 2000,
}: Machine) {
	const random = seededRandom(3);
	const threads = new ThreadCount(2);
	const totals = { 1: 0, 2: 0, chosen: 0 };
	const counts: number[] = [];
	for (let at = 0; at < steps; at++) {
		const step = stepOf(at);
		const noise = 0.9 + 0.2 * random();
		const units = step.kind === "prefill" ? (step.tokens + 12) / 8 : 1;
		const msOf = (count: number) =>
			(isBusy(at) ? busy : idleMs)[count === 1 ? 1 : 2] * noise * units;
		const count = threads.next(step);
		counts.push(count);
		threads.record(step, msOf(count));
		totals.chosen += msOf(count);
		totals[1] += msOf(1);
		totals[2] += msOf(2);
	}
	const ratio = totals.chosen / Math.min(totals[1], totals[2]);
	return { ratio, counts, count: threads.count, totals };
}

function share(counts: readonly number[], count: number): number {
	return counts.filter((it) => it === count).length / counts.length;
}

describe("ThreadCount", () => {
	it("takes all cores of an idle machine within a few steps", () => {
		const { counts, ratio, count } = run({ isBusy: () => false });
		assert.deepEqual(counts.slice(0, 7), [1, 1, 1, 2, 2, 2, 2]);
		assert.equal(count, 2);
		assert.ok(ratio < 1.05, `${ratio}`);
	});

	it("leaves a core to a process that is always busy", () => {
		const { ratio, count, counts } = run({ isBusy: () => true });
		assert.equal(count, 1);
		assert.ok(ratio < 1.15, `${ratio}`);
		assert.ok(counts.filter((it) => it === 2).length < 15);
	});

	for (const [what, isBusy] of [
		["in long turns", (at) => at % 800 >= 400],
		["in short turns", (at) => at % 120 >= 60],
		["in very short turns", (at) => at % 24 >= 12],
		["now and then", (at) => at % 100 >= 97],
		["once", (at) => at >= 700 && at < 1100],
		["from the start, and not later", (at) => at < 300],
	] as const satisfies readonly (readonly [string, (at: number) => boolean])[])
		it(`costs at most 1.3 times the best fixed count beside a process that is busy ${what}`, () => {
			const { ratio, totals } = run({ isBusy });
			assert.ok(ratio <= 1.3, `${ratio} of ${JSON.stringify(totals)}`);
		});

	it("costs at most 1.3 times the best fixed count beside random work, with chunks of prompts between", () => {
		for (let seed = 1; seed <= 30; seed++) {
			const random = seededRandom(seed);
			const busy: boolean[] = [];
			const works: Step[] = [];
			while (busy.length < 2000) {
				const isBusy = random() < 0.4;
				const length = 5 + Math.floor(random() * 300);
				for (let i = 0; i < length; i++) busy.push(isBusy);
			}
			while (works.length < 2000) {
				const chunks = Math.floor(random() * 6);
				for (let i = 0; i < chunks; i++)
					works.push({
						kind: "prefill",
						tokens: 32 + Math.floor(random() * 96),
					});
				for (let i = 0; i < 10 + random() * 40; i++) works.push(decode);
			}
			const { ratio, totals } = run({
				isBusy: (at) => busy[at] ?? false,
				stepOf: (at) => works[at] ?? decode,
			});
			assert.ok(ratio <= 1.3, `${seed}: ${ratio} ${JSON.stringify(totals)}`);
		}
	});

	it("falls back after one collapsed step, and returns when the machine is idle", () => {
		const { counts } = run({ isBusy: (at) => at >= 200 && at < 300 });
		assert.equal(counts[200], 2);
		assert.equal(counts[201], 1);
		assert.ok(counts.slice(201, 300).filter((it) => it === 2).length <= 2);
		assert.ok(share(counts.slice(450), 2) > 0.98);
	});

	it("leaves a core where all of them have become slower without a collapse", () => {
		const { counts } = run({
			isBusy: (at) => at >= 100,
			busy: { 1: 32, 2: 45 },
			steps: 200,
		});
		assert.equal(counts[99], 2);
		assert.ok(share(counts.slice(130), 1) > 0.9);
	});

	it("detects a collapse in a chunk of a prompt", () => {
		const { counts } = run({
			isBusy: (at) => at >= 100,
			stepOf: (at) =>
				at < 20 ? decode : { kind: "prefill", tokens: 32 + (at % 2) * 64 },
			steps: 120,
		});
		assert.deepEqual(counts.slice(98, 103), [2, 2, 2, 1, 1]);
	});

	it("does not learn from steps of other kinds, and does not try anything in them", () => {
		const threads = new ThreadCount(8);
		const verify: Step = { kind: undefined, tokens: 8 };
		for (let i = 0; i < 100; i++) {
			assert.equal(threads.next(verify), 7);
			threads.record(verify, 1000 * (i % 2));
		}
		assert.equal(threads.next(decode), 7);
	});

	it("has nothing to choose on one core, or where the user has chosen", () => {
		for (const threads of [new ThreadCount(1), fixedThreads(1)])
			for (let i = 0; i < 50; i++) {
				assert.equal(threads.next(decode), 1);
				threads.record(decode, 10 + i);
			}
		assert.equal(fixedThreads(5).next(decode), 5);
	});
});
