import assert from "node:assert/strict";
import { multiplyWeights } from "../../support/models/multiplyWeights.ts";

const [f32, f16, q4_0, q8_0] = [0, 1, 2, 8];

/** By the definition of IEEE 754. */
function halfOf(bits: number): number {
	const sign = bits & 0x8000 ? -1 : 1;
	const exponent = (bits >> 10) & 31;
	const mantissa = bits & 1023;
	return exponent === 0
		? sign * mantissa * 2 ** -24
		: sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

describe("weights times a power of two", () => {
	it("are exact for every number in half precision that has room", () => {
		for (const factor of [2, 4])
			for (let bits = 0; bits < 65_536; bits++) {
				const half = halfOf(bits);
				// The largest finite one.
				if (Math.abs(half * factor) > 65_504) continue;
				const weights = Buffer.alloc(2);
				weights.writeUInt16LE(bits);
				const product = multiplyWeights(weights, f16, factor).readUInt16LE();
				if (halfOf(product) !== half * factor)
					assert.fail(`${half} * ${factor} gave ${halfOf(product)}`);
			}
	});

	it("change the scale of a block and leave its whole numbers alone", () => {
		const blocks = Buffer.alloc(2 * 34, 7);
		blocks.writeUInt16LE(0x3c00, 0);
		blocks.writeUInt16LE(0x0001, 34);
		const expected = Buffer.from(blocks);
		expected.writeUInt16LE(0x4000, 0);
		expected.writeUInt16LE(0x0002, 34);
		assert.deepEqual(multiplyWeights(blocks, q8_0, 2), expected);
	});

	it("may be divided in F32", () => {
		const weights = Buffer.from(Float32Array.of(1.25, -3).buffer);
		assert.deepEqual(
			multiplyWeights(weights, f32, 1 / 16),
			Buffer.from(Float32Array.of(1.25 / 16, -3 / 16).buffer),
		);
	});

	for (const [what, typeId, factor, bits] of [
		["a fraction", f16, 0.5, 0x3c00],
		["a result that is too large", f16, 2, 0x7bff],
		["a type that stores other things", q4_0, 2, 0x3c00],
	] as const)
		it(`do not take ${what}`, () => {
			const weights = Buffer.alloc(18);
			weights.writeUInt16LE(bits);
			assert.throws(() => multiplyWeights(weights, typeId, factor));
		});
});
