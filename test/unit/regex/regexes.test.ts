/** No regular expression of the sources takes more than linear time, whatever the text: most of them read text of a user or of a model. */

import assert from "node:assert/strict";
import { slowAttack } from "../../support/regex/slowAttack.ts";
import { sourceRegexes } from "../../support/regex/sourceRegexes.ts";

describe("the regular expressions of the sources", () => {
	it("are linear", async function () {
		this.timeout(120_000);
		const all = await sourceRegexes();
		assert.ok(all.length > 200, "they were found");
		const checked = new Set<string>();
		const slow = all.flatMap((regex) => {
			const { place, source, flags } = regex;
			const literal = `/${source}/${flags}`;
			if (checked.has(literal)) return [];
			checked.add(literal);
			const attack = slowAttack(regex);
			return attack === undefined ? [] : [`${place} ${literal}: ${attack}`];
		});
		assert.deepEqual(slow, []);
	});

	// Each of these was in the sources, or is a textbook's.
	for (const regex of [
		/\s+$/,
		/[ \t]+(?=\n)/g,
		/\/\*[\s\S]*?\*\//g,
		/\/\*[\s\S]*?\*\/|#.*$/gm,
		/"(?:[^"\\\n]|\\.)*"/g,
		/[{,].*$/,
		/^\s*from\s.*\bimport\s*\*/m,
		/^\s*[([]?[\s\p{L},*]*[)\]]?\s*(?:\s*:[^=]*)?:?=/u,
		/(?<=[(,=\s])\/(?![*/])(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\n])+\//g,
		/^(?:a|b|ab)*c/,
		/^(?:\w+\s?)*$/,
		/<\|a\|>.*<\|b\|>/s,
	])
		it(`would be found: ${regex}`, function () {
			this.timeout(20_000);
			assert.notEqual(slowAttack(regex, 50), undefined);
		});

	for (const regex of [
		/(?<!\s)\s+$/,
		/"(?:[^"\\\n]|\\.)*"?/g,
		/^(?:\w+\s)*$/,
		/\w+|\s+|[^\w\s]/g,
	])
		it(`would not be found: ${regex}`, function () {
			this.timeout(20_000);
			assert.equal(slowAttack(regex), undefined);
		});
});
