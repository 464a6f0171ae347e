/** Weights times a power of two, as they are stored: nothing is rounded. */

import assert from "node:assert/strict";
import { ggmlType } from "../../../src/gguf/ggmlType.ts";

/**
 * @param typeId F32, F16 or Q8_0.
 * @param factor a power of two, and no fraction but for F32.
 */
export function multiplyWeights(
	weights: Buffer,
	typeId: number,
	factor: number,
): Buffer {
	if (factor === 1) return weights;
	const product = Buffer.from(weights);
	const type = ggmlType(typeId);
	assert.ok(type && ["F32", "F16", "Q8_0"].includes(type.name));
	for (let at = 0; at < product.length; at += type.blockBytes)
		if (type.name === "F32")
			product.writeFloatLE(product.readFloatLE(at) * factor, at);
		// A block of Q8_0 begins with its scale, and one of F16 is a number itself.
		else product.writeUInt16LE(timesHalf(product.readUInt16LE(at), factor), at);
	return product;
}

/** @param bits of a number in half precision. */
function timesHalf(bits: number, factor: number): number {
	assert.ok(factor >= 1, "a fraction might round");
	if (factor === 1) return bits;
	const exponent = bits & 0x7c00;
	assert.ok(exponent < 0x7800, "it is too large to be doubled");
	const doubled =
		exponent > 0
			? bits + 0x0400
			: // Without an exponent, the mantissa is the number, and carries into the exponent.
				(bits & 0x8000) | ((bits & 0x03ff) << 1);
	return timesHalf(doubled, factor / 2);
}
