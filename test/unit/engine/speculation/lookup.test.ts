import assert from "node:assert/strict";
import type { Token } from "../../../../src/engine/runtime/runtime.ts";
import {
	Lookup,
	type LookupDraft,
	maxCandidates,
	maxReferenceTokens,
	type TokenReference,
} from "../../../../src/engine/speculation/lookup.ts";
import { fakeText, fakeTokenize } from "../../../support/fakes/fakeRuntime.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

/** Tokens are characters. */
function lookupIn(text: string, references: readonly string[] = []): Lookup {
	const lookup = new Lookup();
	lookup.setReferences(referencesOf(references));
	lookup.begin(fakeTokenize(text));
	return lookup;
}

const referencesOf = (texts: readonly string[]): readonly TokenReference[] =>
	texts.map((text, index) => ({
		id: String(index),
		tokens: fakeTokenize(text),
	}));

/** As `matched:draft`. */
const shown = (draft: LookupDraft | undefined): string | undefined =>
	draft && `${draft.matchedTokens}:${fakeText(draft.tokens)}`;

/** Exhaustive search. */
function naive(
	text: readonly Token[],
	references: readonly TokenReference[],
	{ minMatch = 3, maxMatch = 64, most = 8 } = {},
): LookupDraft | undefined {
	let best: LookupDraft | undefined;
	for (const [index, source] of [
		text,
		...references.map((it) => it.tokens),
	].entries())
		for (let place = source.length - 1; place > 0; place--) {
			let length = 0;
			while (
				length < Math.min(place, maxMatch) &&
				source[place - length - 1] === text.at(-length - 1)
			)
				length++;
			if (length < (best ? best.matchedTokens + 1 : minMatch)) continue;
			const tokens = [...source.slice(place)];
			while (index === 0 && tokens.length < most)
				tokens.push(...source.slice(place));
			best = { tokens: tokens.slice(0, most), matchedTokens: length };
		}
	return best;
}

const randomTokens = (
	random: () => number,
	length: number,
	alphabet: number,
): Token[] =>
	Array.from({ length }, () => Math.floor(random() * alphabet) + 70_000);

describe("Lookup", () => {
	const cases: readonly (readonly [
		what: string,
		text: string,
		references: readonly string[],
		expected: string | undefined,
	])[] = [
		["nothing in nothing", "", [], undefined],
		["nothing for a text shorter than a match", "ab", ["abc"], undefined],
		["nothing without a repeat", "abcdefgh", [], undefined],
		["nothing for a shorter match", "abX-abY+ab", [], undefined],
		["the continuation in the text", "abcdefgh-abc", [], "3:defgh-ab"],
		["the longest match", "xabc1234-abc5678-xabc", [], "4:1234-abc"],
		["the last of equally long ones", "-abc1+abc2/abc", [], "3:2/abc2/a"],
		["a loop, repeated", "x=12;12;12;", [], "6:12;12;12"],
		["a loop of one token", "baaaa", [], "3:aaaaaaaa"],
		["the continuation in a reference", "abc", ["0abcdef"], "3:def"],
		["the end of a reference, and no more", "abc", ["abcd"], "3:d"],
		["nothing at the end of a reference", "abc", ["xabc"], undefined],
		["no match across two references", "abc", ["0ab", "cde"], undefined],
		["no draft across two references", "abc", ["abcd", "efgh"], "3:d"],
		["the text before a reference", "abcd-abc", ["abcx"], "3:d-abcd-a"],
		["a reference that matches longer", "0abcd-9abc", ["9abcx"], "4:x"],
		["the first of two references", "abc", ["-abc1", "-abc2"], "3:1"],
		["the later one that matches longer", "-abc", ["abc1", "-abc2"], "4:2"],
		["the last place in a reference", "abc", ["abc1abc2"], "3:2"],
		["the start of a text", "abc", ["abcd"], "3:d"],
	];
	for (const [what, text, references, expected] of cases)
		it(`finds ${what}`, () =>
			assert.equal(shown(lookupIn(text, references).find(8)), expected));

	it("returns as many tokens as requested", () => {
		const lookup = lookupIn("abcdefgh-abc", []);
		assert.deepEqual(
			[1, 3, 12].map((most) => shown(lookup.find(most))),
			["3:d", "3:def", "3:defgh-abcdef"],
		);
		assert.equal(lookup.find(0), undefined);
	});

	it("caps the length of matches, and takes the last one", () => {
		const lookup = new Lookup({ minMatch: 2, maxMatch: 4 });
		lookup.begin(fakeTokenize("abcdef1-bcdef2-abcdef"));
		assert.equal(shown(lookup.find(1)), "4:2");
	});

	it("finds pushed tokens", () => {
		const lookup = lookupIn("one");
		for (const token of fakeTokenize("; two; one")) lookup.push(token);
		assert.equal(shown(lookup.find(6)), "3:; two;");
	});

	it("drops the last answer if the next prompt does not contain it", () => {
		const lookup = lookupIn("for x of");
		for (const token of fakeTokenize(" abcd")) lookup.push(token);
		lookup.begin(fakeTokenize("for x of -abc"));
		assert.equal(lookup.find(8), undefined);
	});

	it("drops missing references, and updates changed ones", () => {
		const lookup = lookupIn("-abc", ["abc1", "-abc2"]);
		assert.equal(shown(lookup.find(8)), "4:2");
		lookup.setReferences(referencesOf(["abc3"]));
		assert.equal(shown(lookup.find(8)), "3:3");
		lookup.setReferences([]);
		assert.equal(lookup.find(8), undefined);
	});

	describe("agrees with an exhaustive search", () => {
		// No text has more places than `maxCandidates`, so that all are compared.
		for (const alphabet of [2, 3, 6])
			it(`over ${alphabet} different tokens, whatever was indexed before`, () => {
				const random = seededRandom(alphabet);
				const lengthUpTo = (most: number) => Math.floor(random() * most);
				const options = { minMatch: 2, maxMatch: 9 };
				const lookup = new Lookup(options);
				let text: Token[] = [];
				let found = 0;
				for (let round = 0; round < 300; round++) {
					const references = Array.from(
						{ length: lengthUpTo(4) },
						(_, index) => ({
							id: `${(index + round) % 5}`,
							tokens: randomTokens(random, lengthUpTo(30), alphabet),
						}),
					);
					text = [
						...text.slice(0, lengthUpTo(25)),
						...randomTokens(random, lengthUpTo(5), alphabet),
					];
					lookup.setReferences(references);
					lookup.begin(text);
					for (const token of randomTokens(random, 3, alphabet)) {
						lookup.push(token);
						text.push(token);
						const expected = naive(text, references, options);
						assert.deepEqual(lookup.find(8), expected);
						if (expected) found++;
					}
				}
				assert.ok(found > 200, `${found} drafts were compared`);
			});

		it("in long texts with few repeats, while the table grows", () => {
			const random = seededRandom(7);
			const source = randomTokens(random, 5_000, 30);
			const references = [{ id: "a", tokens: source }];
			const lookup = new Lookup();
			lookup.setReferences(references);
			const text: Token[] = [];
			lookup.begin(text);
			for (let at = 0; at < 60; at++) {
				const start = Math.floor(random() * 4_900);
				for (const token of source.slice(start, start + 12)) {
					lookup.push(token);
					text.push(token);
				}
				assert.deepEqual(lookup.find(8), naive(text, references));
			}
			const perFind = lookup.work.candidates / 60;
			assert.ok(perFind < 4, `${perFind} places were looked at each time`);
		});
	});

	describe("stays within its budget", () => {
		it("compares a bounded number of places, and finds the best of them", () => {
			const random = seededRandom(3);
			const references = ["a", "b"].map((id) => ({
				id,
				tokens: randomTokens(random, 4_000, 2),
			}));
			const lookup = new Lookup();
			lookup.setReferences(references);
			const text = randomTokens(random, 4_000, 2);
			lookup.begin(text);
			for (let finds = 1; finds <= 50; finds++) {
				const token = randomTokens(random, 1, 2)[0] ?? 0;
				lookup.push(token);
				text.push(token);
				const draft = lookup.find(8);
				const best = naive(text, references);
				assert.ok(draft && best);
				assert.ok(draft.matchedTokens >= 3);
				assert.ok(draft.matchedTokens <= best.matchedTokens);
				assert.ok(lookup.work.candidates <= finds * 3 * maxCandidates);
			}
		});

		it("compares one place in a periodic text", () => {
			const lookup = lookupIn("ab".repeat(2_000));
			lookup.find(8);
			assert.equal(lookup.work.candidates, 1);
		});

		it("indexes only new tokens of a prompt", () => {
			const prompt = fakeTokenize("x".repeat(500) + "y".repeat(500));
			const lookup = new Lookup();
			const indexedBy = (work: () => void) => {
				const before = lookup.work.indexedTokens;
				work();
				return lookup.work.indexedTokens - before;
			};
			assert.equal(
				indexedBy(() => lookup.begin(prompt)),
				1000,
			);
			assert.equal(
				indexedBy(() => lookup.push(1)),
				1,
			);
			assert.equal(
				indexedBy(() => lookup.begin([...prompt, 2, 3])),
				2,
			);
			assert.equal(
				indexedBy(() => lookup.begin(prompt.slice(0, 400))),
				0,
			);
		});

		it("indexes only changed tokens of references", () => {
			const of = (text: string) => fakeTokenize(text);
			const lookup = new Lookup();
			const given = (...references: TokenReference[]) => {
				const before = lookup.work.indexedTokens;
				lookup.setReferences(references);
				return lookup.work.indexedTokens - before;
			};
			const a = { id: "a", tokens: of("a".repeat(100)) };
			const b = { id: "b", tokens: of("b".repeat(100)) };
			assert.equal(given(a, b), 200);
			assert.equal(given({ ...b, tokens: [...b.tokens] }, a), 0);
			assert.equal(given(a, { ...b, tokens: of(`${"b".repeat(90)}c`) }), 1);
		});

		it("keeps references up to the limit of tokens, the first ones first", () => {
			const third = Math.ceil(maxReferenceTokens / 3);
			const lookup = new Lookup();
			lookup.setReferences(
				[1, 2, 3, 4].map((token) => ({
					id: String(token),
					tokens: Array.from({ length: third }, () => token),
				})),
			);
			assert.equal(lookup.work.indexedTokens, third * 2);
			const predictedBehind = (token: Token) => {
				lookup.begin([token, token, token]);
				return lookup.find(1)?.tokens[0];
			};
			assert.deepEqual([1, 2, 3, 4].map(predictedBehind), [
				1,
				2,
				undefined,
				undefined,
			]);
		});
	});
});
