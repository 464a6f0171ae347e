/** Seeds for reproducible sampling. */

/**
 * A 32-bit seed for the token at one index of a text. A sampler with a fixed seed always draws the same quantile, so one seed for all
 * indices would correlate consecutive tokens.
 *
 * @param seed of the whole text, a non-negative integer.
 */
export function seedAt(seed: number, index: number): number {
	return mix(mix(seed ^ 0x9e3779b9) ^ index);
}

/** The finalizer of MurmurHash3 (Appleby 2011): flipping any input bit flips each output bit with probability one half. */
function mix(value: number): number {
	let it = value >>> 0;
	it = Math.imul(it ^ (it >>> 16), 0x85ebca6b);
	it = Math.imul(it ^ (it >>> 13), 0xc2b2ae35);
	return (it ^ (it >>> 16)) >>> 0;
}
