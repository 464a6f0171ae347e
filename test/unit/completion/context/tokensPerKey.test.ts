import assert from "node:assert/strict";
import { EditFrames } from "../../../../src/completion/context/editFrames.ts";
import {
	type FimVocabulary,
	fimPrompt,
} from "../../../../src/engine/fim/fimPrompt.ts";
import { longestCommonPrefix } from "../../../../src/engine/kv/kvCache.ts";
import type { Token } from "../../../../src/engine/runtime/runtime.ts";
import { at } from "../../../support/cursor.ts";
import { emptyRequest } from "../../../support/fakes/fakeEngine.ts";
import { fakeTokens } from "../../../support/fakes/fakeRuntime.ts";

/** Words, white space and other characters are tokens. */
function wordVocabulary(): FimVocabulary {
	const words: string[] = [];
	const ids = new Map<string, Token>();
	const idOf = (word: string): Token => {
		const known = ids.get(word);
		if (known !== undefined) return known;
		ids.set(word, words.push(word) - 1);
		return words.length - 1;
	};
	return {
		tokens: fakeTokens,
		order: "psm",
		beginningOfText: null,
		tokenize: (text) => (text.match(/\w+|\s+|[^\w\s]/g) ?? []).map(idOf),
		detokenize: (tokens) => tokens.map((it) => words[it] ?? "").join(""),
		canBegin: () => true,
	};
}

const lines = Array.from({ length: 160 }, (_, i) => `\tcall${i}(value${i});\n`);
const above = lines.slice(0, 100).join("");
const below = `\n${lines.slice(100).join("")}`;

/** What is typed, key by key; after a bracket, the editor has put its closer behind the cursor. */
function* keys(): Generator<{ typed: string; closer: string; key: string }> {
	let typed = "";
	for (let line = 0; line < 16; line++) {
		for (const key of `if (ready${line})`) {
			const isClosed = typed.at(-1) !== ")" && /\([^)]*$/.test(typed + key);
			typed += key;
			yield { typed, closer: isClosed ? ")" : "", key };
		}
		for (let deleted = 0; deleted < 4; deleted++) {
			typed = typed.slice(0, -1);
			yield { typed, closer: "", key: "Backspace" };
		}
		typed += `y(${line});\n\t`;
		yield { typed, closer: "", key: "Enter" };
	}
}

describe("tokens to evaluate while sixteen lines are typed", () => {
	for (const [name, changes] of [
		["prefix first", {}],
		["suffix first", { order: "spm" }],
		[
			"without a middle token",
			{ tokens: { ...fakeTokens, middle: null }, order: "spm" },
		],
	] as const)
		it(`are few at every key, also at line ends: ${name}`, () => {
			const vocabulary = { ...wordVocabulary(), ...changes };
			const frames = new EditFrames();
			let last: readonly Token[] = [];
			const evaluated: { key: string; tokens: number }[] = [];
			for (const { typed, closer, key } of keys()) {
				const framed = frames.frameFor(
					at(`${above}\t${typed}█${closer}${below}`),
				);
				const { prefixBlocks, suffix } = framed.frame;
				const { tokens } = fimPrompt(
					{ ...emptyRequest, prefixBlocks, suffix, typed: framed.typed },
					vocabulary,
					{ localTokens: 2000, contextTokens: 0, typedTokens: 256 },
				);
				evaluated.push({
					key,
					tokens: tokens.length - longestCommonPrefix(tokens, last),
				});
				last = tokens;
			}
			const [first, ...rest] = evaluated;
			assert.ok(first && first.tokens > 500, "the first prompt costs it all");
			assert.equal(rest.filter(({ key }) => key === "Enter").length, 16);
			for (const { key, tokens } of rest)
				assert.ok(tokens <= 12, `${tokens} tokens at ${key}`);
		});
});
