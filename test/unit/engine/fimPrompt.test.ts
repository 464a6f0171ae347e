import assert from "node:assert/strict";
import {
	type FimVocabulary,
	fimPrompt,
} from "../../../src/engine/fimPrompt.ts";
import { longestCommonPrefix } from "../../../src/engine/kvCache.ts";
import type { FimRequest } from "../../../src/protocol/generation.ts";
import {
	fakeText,
	fakeTokenize,
	fakeTokens,
} from "../../support/fakeRuntime.ts";
import { assertGolden } from "../../support/golden.ts";

const vocabulary: FimVocabulary = {
	tokens: fakeTokens,
	order: "spm",
	beginningOfText: null,
	tokenize: fakeTokenize,
};

const request: FimRequest = {
	path: "src/a.ts",
	prefixBlocks: ["const a = 1;\n", "const b = "],
	suffix: ";\nexport { b };\n",
	maxTokens: 10,
};

const text = (
	changes: Partial<FimVocabulary> = {},
	changed: Partial<FimRequest> = {},
	budget = 1000,
) => {
	const prompt = fimPrompt(
		{ ...request, ...changed },
		{ ...vocabulary, ...changes },
		budget,
	);
	return `${fakeText(prompt.tokens)}\n[${prompt.tokens.length} tokens, ${prompt.leftOutTokens} left out]`;
};

describe("fimPrompt", () => {
	it("arranges tokens as each model wants them, within the budget", () => {
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
			"with special tokens typed as text": text(
				{},
				{ prefixBlocks: ["'<middle>'"] },
			),
			"without room for the first block": text({}, {}, 45),
			"without room for the last block": text(
				{},
				{ prefixBlocks: [`${"x".repeat(70)}y`] },
				50,
			),
			"without room for the suffix": text({}, { suffix: "s".repeat(100) }, 60),
			"with no room at all": text({}, {}, 5),
		};
		assertGolden(
			"fimPrompts",
			Object.entries(cases)
				.map(([name, prompt]) => `## ${name}\n${prompt}\n`)
				.join("\n"),
		);
	});

	it("never exceeds its budget where the path leaves room", () => {
		for (let budget = 20; budget < 200; budget++) {
			const { tokens } = fimPrompt(
				{ ...request, prefixBlocks: ["a".repeat(50), "b".repeat(90)] },
				vocabulary,
				budget,
			);
			assert.ok(tokens.length <= budget, `${tokens.length} > ${budget}`);
		}
	});

	it("only grows at its end while someone types, but for a step now and then", () => {
		let steps = 0;
		let last = fimPrompt(request, vocabulary, 200).tokens;
		for (let typed = 1; typed <= 400; typed++) {
			const { tokens } = fimPrompt(
				{ ...request, prefixBlocks: ["x".repeat(typed)] },
				vocabulary,
				200,
			);
			if (longestCommonPrefix(tokens, last) < last.length - 1) steps++;
			last = tokens;
		}
		// One for the text that is another, then one for every 64 of the 225 tokens that exceed the room.
		assert.equal(steps, 5);
	});
});
