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

const local = (localTokens: number) => ({ localTokens, contextTokens: 1000 });

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
			"without room for the line": text(
				{},
				{ typed: `${"x".repeat(70)}y` },
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
				localTokens: 1000,
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
				local(budget),
			);
			assert.ok(tokens.length <= budget, `${tokens.length} > ${budget}`);
		}
	});

	it("only grows at its end while the user types, apart from an occasional step", () => {
		let steps = 0;
		let last = fimPrompt(request, vocabulary, local(200)).tokens;
		for (let typed = 1; typed <= 400; typed++) {
			const { tokens } = fimPrompt(
				{ ...request, prefixBlocks: [], typed: "x".repeat(typed) },
				vocabulary,
				local(200),
			);
			if (longestCommonPrefix(tokens, last) < last.length - 1) steps++;
			last = tokens;
		}
		// One for the changed text, then one for every 64 of the 225 tokens that exceed the room.
		assert.equal(steps, 5);
	});
});
