import assert from "node:assert/strict";
import { throttle } from "../../../src/base/throttle.ts";

describe("throttle", () => {
	it("passes on four of a thousand values in a second, the first at once", () => {
		let nowMs = 0;
		const seen: number[] = [];
		const push = throttle<number>(
			250,
			(value) => seen.push(value),
			() => nowMs,
		);
		for (; nowMs < 1000; nowMs++) push(nowMs);
		assert.deepEqual(seen, [0, 250, 500, 750]);
	});

	it("passes on a value after a pause", () => {
		let nowMs = 0;
		const seen: string[] = [];
		const push = throttle<string>(
			250,
			(value) => seen.push(value),
			() => nowMs,
		);
		push("a");
		nowMs = 10_000;
		push("b");
		push("c");
		assert.deepEqual(seen, ["a", "b"]);
	});
});
