import assert from "node:assert/strict";
import {
	type Counts,
	type Print,
	runSideBySide,
	type Suite,
} from "../../../scripts/sideBySide.ts";
import { settle } from "../../support/settle.ts";

const passed: Counts = { passed: 1, failed: 0, skipped: 0 };

/** A suite that the test ends. */
function suite(title: string, rest: Partial<Suite> = {}) {
	const { promise, resolve, reject } = withResolvers<Counts>();
	let write: Print | undefined;
	return {
		title,
		group: "all",
		...rest,
		run: (print: Print) => {
			write = print;
			return promise;
		},
		write: (text: string) => write?.(text),
		isRunning: () => write !== undefined,
		pass: () => resolve(passed),
		fail: reject,
	};
}

function withResolvers<T>() {
	let resolve: (value: T) => void = () => {};
	let reject: (error: Error) => void = () => {};
	const promise = new Promise<T>((...functions) => {
		[resolve, reject] = functions;
	});
	return { promise, resolve, reject };
}

describe("suites side by side", () => {
	let printed: string;
	beforeEach(() => {
		printed = "";
	});
	const start = (
		suites: readonly Suite[],
		jobs: number,
		jobsOfKind: Readonly<Record<string, number>> = {},
	) =>
		runSideBySide(suites, {
			jobs,
			jobsOfKind,
			print: (text) => {
				printed += text;
			},
			nowMs: () => 0,
		});

	it("run at most so many at once", async () => {
		const [a, b, c] = [suite("a"), suite("b"), suite("c")];
		const results = start([a, b, c], 2);
		assert.deepEqual(
			[a, b, c].map((it) => it.isRunning()),
			[true, true, false],
		);
		b.pass();
		await settle();
		assert.ok(c.isRunning());
		a.pass();
		c.pass();
		assert.deepEqual(
			(await results).map(({ suite, counts }) => [suite.title, counts]),
			["a", "b", "c"].map((title) => [title, passed]),
		);
	});

	it("run at most so many of one kind, and others beside them", async () => {
		const [a, b, c] = [
			suite("a", { kind: "heavy" }),
			suite("b", { kind: "heavy" }),
			suite("c"),
		];
		const results = start([a, b, c], 3, { heavy: 1 });
		assert.deepEqual(
			[a, b, c].map((it) => it.isRunning()),
			[true, false, true],
		);
		a.pass();
		await settle();
		assert.ok(b.isRunning());
		b.pass();
		c.pass();
		await results;
	});

	it("are printed one after the other, the first as it runs", async () => {
		const [a, b] = [suite("a"), suite("b", { group: "rest" })];
		const results = start([a, b], 2);
		b.write("b1\n");
		a.write("a1\n");
		assert.match(printed, /a1\n$/);
		b.pass();
		await settle();
		a.write("a2\n");
		a.pass();
		await results;
		assert.equal(
			printed,
			"\n== all ==\n\n-- a --\na1\na2\n\n== rest ==\n\n-- b --\nb1\n",
		);
	});

	it("count one failure where a suite throws, and the others go on", async () => {
		const [a, b] = [suite("a"), suite("b")];
		const results = start([a, b], 1);
		a.fail(new Error("it broke"));
		await settle();
		b.pass();
		assert.deepEqual(
			(await results).map(({ counts }) => counts.failed),
			[1, 0],
		);
		assert.match(printed, /FAILED: Error: it broke/);
	});

	it("wait for what they need, and fail where that failed", async () => {
		const a = suite("a");
		const b = suite("b", { needs: [a] });
		const results = start([b, a], 2);
		assert.deepEqual([a.isRunning(), b.isRunning()], [true, false]);
		a.fail(new Error("no browser"));
		assert.deepEqual(
			(await results).map(({ counts }) => counts.failed),
			[1, 1],
		);
		assert.equal(b.isRunning(), false);
		assert.match(printed, /FAILED: it needs "a"/);
	});

	it("are refused where they need one another", async () => {
		const a = suite("a", { needs: [suite("b")] });
		await assert.rejects(start([a], 1), /need one another/);
	});
});
