import assert from "node:assert/strict";
import { trendOf } from "../../bench/soak/trend.ts";

const sampled = (value: (minutes: number) => number) =>
	Array.from({ length: 100 }, (_, index) => ({
		minutes: index / 10,
		value: value(index / 10),
	}));

describe("trendOf", () => {
	it("finds a slope, whatever the first fifth shows", () => {
		const { perMinute, errorPerMinute, last } = trendOf(
			sampled((minutes) => (minutes < 2 ? 1000 * minutes : 5 + 3 * minutes)),
		);
		assert.equal(perMinute, 3);
		assert.equal(errorPerMinute, 0);
		assert.equal(last, 34.7);
	});

	it("tells noise from growth by its error", () => {
		const noise = trendOf(
			sampled((minutes) => 10 + Math.sin(minutes * 40) * 5),
		);
		assert.ok(Math.abs(noise.perMinute) < 2 * noise.errorPerMinute);
		const growth = trendOf(
			sampled((minutes) => 10 + minutes + Math.sin(minutes * 40)),
		);
		assert.ok(growth.perMinute > 5 * growth.errorPerMinute);
	});

	it("has no slope without samples", () => {
		assert.deepEqual(trendOf([]), {
			first: 0,
			last: 0,
			max: 0,
			perMinute: 0,
			errorPerMinute: 0,
		});
	});
});
