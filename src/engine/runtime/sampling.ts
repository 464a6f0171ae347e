/** Chance that can be repeated. */

/**
 * A seed of 32 bits for the token at one place of a text. The same sampler draws with one seed the same share of the probability again and again:
 * with one seed for all places, what is drawn at one would tell of the next.
 *
 * @param seed of the whole text, a whole number that is not negative.
 */
export function seedAt(seed: number, index: number): number {
	return mixed(mixed(seed ^ 0x9e3779b9) ^ index);
}

/** The finalizer of MurmurHash3 (Appleby 2011): every bit of what comes in changes half of those that come out. */
function mixed(value: number): number {
	let it = value >>> 0;
	it = Math.imul(it ^ (it >>> 16), 0x85ebca6b);
	it = Math.imul(it ^ (it >>> 13), 0xc2b2ae35);
	return (it ^ (it >>> 16)) >>> 0;
}
