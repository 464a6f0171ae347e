import assert from "node:assert/strict";
import {
	type FimVocabulary,
	fimPrompt,
} from "../../../../src/engine/fim/fimPrompt.ts";
import { longestCommonPrefix } from "../../../../src/engine/kv/kvCache.ts";
import type { FimRequest } from "../../../../src/protocol/generation.ts";
import { emptyRequest } from "../../../support/fakes/fakeEngine.ts";
import {
	fakeText,
	fakeTokenize,
	fakeTokens,
} from "../../../support/fakes/fakeRuntime.ts";
import { assertGolden } from "../../../support/golden/golden.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

const vocabulary: FimVocabulary = {
	tokens: fakeTokens,
	order: "spm",
	beginningOfText: null,
	tokenize: fakeTokenize,
	detokenize: fakeText,
	canBegin: () => false,
};

const request: FimRequest = {
	...emptyRequest,
	prefixBlocks: ["const a = 1;\n"],
	typed: "const b = ",
	suffix: ";\nexport { b };\n",
};

const repository: Partial<FimRequest> = {
	repository: "shop",
	snippets: [
		{ path: "src/b.ts", text: "export const b = 1;\n" },
		{ path: "src/c.ts", text: "export const c = 2;" },
	],
};

const local = (localTokens: number, typedTokens = 100) => ({
	localTokens,
	contextTokens: 1000,
	typedTokens,
});

const text = (
	changes: Partial<FimVocabulary> = {},
	changed: Partial<FimRequest> = {},
	budget = local(1000),
) => {
	const prompt = fimPrompt(
		{ ...request, ...changed },
		{ ...vocabulary, ...changes },
		budget,
	);
	return (
		`${fakeText(prompt.tokens)}\n[${prompt.tokens.length} tokens, of which ${prompt.stableTokens} stay and ${prompt.snippetTokens} are of other files; ` +
		`${prompt.leftOutTokens} left out; held back: ${JSON.stringify(prompt.heldBack)}]`
	);
};

describe("fimPrompt", () => {
	it("arranges tokens in the order of each model, within the budget", () => {
		const cases = {
			"in suffix-first order": text(),
			"in prefix-first order": text({ order: "psm" }),
			"with a beginning of text": text({ beginningOfText: 0x2022 }),
			"for a model without paths": text({
				tokens: { ...fakeTokens, fileSeparator: null },
			}),
			"for a model without a middle token": text({
				order: "psm",
				tokens: { ...fakeTokens, middle: null },
			}),
			"of an empty file": text({}, { prefixBlocks: [], suffix: "" }),
			"with special tokens typed as text": text({}, { typed: "'<middle>'" }),
			"without room for the first block": text({}, {}, local(45)),
			"with more typed than there is room for": text(
				{},
				{ typed: `${"x".repeat(99)}${"y".repeat(50)}` },
				local(200),
			),
			"with more typed than fits into both rooms": text(
				{},
				{ typed: `${"x".repeat(170)}y` },
				local(50),
			),
			"without room for the suffix": text(
				{},
				{ suffix: "s".repeat(100) },
				local(60),
			),
			"with no room at all": text({}, {}, local(5)),
			"with snippets of other files": text({}, repository),
			"with snippets, prefix first": text({ order: "psm" }, repository),
			"with room for one snippet": text({}, repository, {
				...local(1000),
				contextTokens: 40,
			}),
			"with snippets, for a model without paths": text(
				{ tokens: { ...fakeTokens, fileSeparator: null } },
				repository,
			),
			"with snippets, for a model without names of repositories": text(
				{ tokens: { ...fakeTokens, repositoryName: null } },
				repository,
			),
			"in the middle of a word": text(
				{ canBegin: () => true },
				{ typed: "const be" },
			),
			"in the middle of a long word": text(
				{ canBegin: () => true },
				{ typed: "const before" },
			),
			"in the middle of a word, prefix first": text(
				{ order: "psm", canBegin: () => true },
				{ typed: "be" },
			),
		};
		assertGolden(
			"fimPrompts",
			Object.entries(cases)
				.map(([name, prompt]) => `## ${name}\n${prompt}\n`)
				.join("\n"),
		);
	});

	it("never exceeds its budget", () => {
		for (let budget = 20; budget < 200; budget++) {
			const { tokens } = fimPrompt(
				{ ...request, prefixBlocks: ["a".repeat(50)], typed: "b".repeat(90) },
				vocabulary,
				local(budget, 40),
			);
			assert.ok(tokens.length <= budget + 40, `${tokens.length} > ${budget}`);
		}
	});

	for (const [order, expected, why] of [
		// The first is the changed text.
		["psm", 6, "one for every 64 of the 300 tokens that exceed the room"],
		["spm", 4, "none while the prefix takes up what is moved to it"],
	] as const)
		it(`only grows at its end while the user types, apart from an occasional step: ${order}, ${why}`, () => {
			let steps = 0;
			const promptOf = (changes: Partial<FimRequest>) =>
				fimPrompt(
					{ ...request, ...changes },
					{ ...vocabulary, order },
					local(200, 100),
				).tokens;
			let last = promptOf({});
			for (let typed = 1; typed <= 400; typed++) {
				const tokens = promptOf({
					prefixBlocks: [],
					typed: "x".repeat(typed),
				});
				if (longestCommonPrefix(tokens, last) < last.length - 1) steps++;
				last = tokens;
			}
			assert.equal(steps, expected);
		});

	for (const [what, changes] of [
		["in suffix-first order", { order: "spm" }],
		["in prefix-first order", { order: "psm" }],
		[
			"for a model without a middle token",
			{ tokens: { ...fakeTokens, middle: null } },
		],
	] as const)
		it(`keeps prefix and suffix as they are while lines are typed within their room, ${what}`, () => {
			const random = seededRandom(11);
			const model = { ...vocabulary, ...changes };
			const pieces = ["x", "return ", ";\n", "\n\t\t", "call(a, b)", "}\n"];
			for (let round = 0; round < 50; round++) {
				const typedTokens = 20 + Math.floor(random() * 100);
				const budget = local(30 + Math.floor(random() * 200), typedTokens);
				const base: FimRequest = {
					...request,
					prefixBlocks: ["a = 1;\n".repeat(6), "b = 2;\n".repeat(3), "c\n"],
					suffix: "d = 3;\n".repeat(20),
				};
				const promptOf = (typed: string) =>
					fimPrompt({ ...base, typed }, model, budget);
				const first = promptOf("");
				const stable = first.tokens.slice(0, first.stableTokens);
				let settled = 0;
				for (let typed = ""; typed.length < typedTokens; ) {
					const prompt = promptOf(typed);
					assert.deepEqual(prompt.tokens.slice(0, prompt.stableTokens), stable);
					// Only the middle token moves.
					assert.ok(
						longestCommonPrefix(prompt.tokens, promptOf(`${typed}?`).tokens) >=
							prompt.tokens.length - 1,
					);
					assert.ok(prompt.settledTokens >= settled, "lines stay");
					settled = prompt.settledTokens;
					typed += pieces[Math.floor(random() * pieces.length)] ?? "";
				}
			}
		});

	it("counts the tokens of typed lines as settled, but not those of the current one", () => {
		const settled = (typed: string) => {
			const prompt = fimPrompt({ ...request, typed }, vocabulary, local(200));
			return fakeText(
				prompt.tokens.slice(prompt.stableTokens, prompt.settledTokens),
			);
		};
		assert.equal(settled("line"), "");
		assert.equal(settled("one;\n\ttwo"), "one;");
		assert.equal(settled("one;\ntwo;\n"), "one;\ntwo;");
	});
});
