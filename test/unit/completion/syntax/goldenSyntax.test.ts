/** Where a suggestion is a block, and where it ends, by syntax. Each case is one in which brackets and indentation would mislead. */

import assert from "node:assert/strict";
import type { SyntaxPort } from "../../../../src/completion/syntax/syntaxPort.ts";
import { completedCase } from "../../../support/golden/completedCase.ts";
import {
	type GoldenCase,
	goldenCases,
} from "../../../support/golden/goldenCases.ts";
import { loadedSyntax } from "../../../support/loadedSyntax.ts";

const syntaxCases = goldenCases("syntax");

async function outcome(
	it: GoldenCase,
	chunkSize: number,
	syntax: SyntaxPort,
): Promise<string> {
	const result = await completedCase(it, chunkSize, syntax);
	if (result.kind === "suggestion") return result.text;
	const { reason } = result;
	return `none: ${reason.kind === "filtered" ? reason.filter : reason.kind}`;
}

function expectedOutcome({ expected }: GoldenCase): string {
	return "text" in expected ? expected.text : `none: ${expected.none}`;
}

/** To the parser, its second line is still in the template of the first. */
const otherwise = "CO: backticks of the user stay";

describe("suggestions by syntax", () => {
	let syntax: Awaited<ReturnType<typeof loadedSyntax>>;
	const cases = [...syntaxCases, ...goldenCases("filters")];
	before(async () => {
		syntax = await loadedSyntax(...cases.map(({ languageId }) => languageId));
	});
	after(() => syntax.dispose());

	for (const it_ of syntaxCases)
		it(`${it_.languageId}: ${it_.title}`, async () => {
			for (const size of [1, 7, 1000])
				assert.equal(
					await outcome(it_, size, syntax),
					expectedOutcome(it_),
					`in chunks of ${size}`,
				);
		});

	it("have cases for each language with a grammar", () => {
		const languages = new Set(syntaxCases.map(({ languageId }) => languageId));
		assert.equal(languages.size, 11);
	});

	for (const it_ of goldenCases("filters").filter(
		({ title }) => title !== otherwise,
	))
		it(`are those of the filters: ${it_.languageId}: ${it_.title}`, async () => {
			assert.equal(await outcome(it_, 1000, syntax), expectedOutcome(it_));
		});
});
