import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { readGgufHeader } from "../../../src/gguf/ggufHeader.ts";
import {
	matchVocabularies,
	type Vocabulary,
	vocabularyOf,
} from "../../../src/gguf/vocabularyMatch.ts";
import {
	type WritableValue,
	writeGguf,
} from "../../support/models/ggufWriter.ts";

const text = (value: string): WritableValue => ({ type: "string", value });

function read(bytes: Uint8Array): Vocabulary | undefined {
	const header = readGgufHeader({
		sizeBytes: bytes.length,
		read: (offset, length) => bytes.subarray(offset, offset + length),
	});
	assert.ok(header.ok, JSON.stringify(header));
	return vocabularyOf(header.value, bytes);
}

function shipped(name: string): Vocabulary {
	const folder = path.resolve(import.meta.dirname, "../../../media/models");
	const found = read(readFileSync(path.join(folder, name)));
	assert.ok(found);
	return found;
}

interface Written {
	readonly tokens: readonly string[];
	readonly tokenizer?: string;
	readonly pre?: string | undefined;
}

/** Behind as many other bytes as the name is long, so that no two tables lie at the same place. */
function vocabulary({
	tokens,
	tokenizer = "gpt2",
	pre = "qwen2",
	name = "model",
}: Written & { readonly name?: string }): Vocabulary {
	const found = read(
		writeGguf({
			metadata: {
				"general.name": text(name),
				"tokenizer.ggml.model": text(tokenizer),
				...(pre !== "" && { "tokenizer.ggml.pre": text(pre) }),
				"tokenizer.ggml.tokens": { type: "strings", value: tokens },
				"tokenizer.ggml.merges": { type: "strings", value: ["a b"] },
			},
		}),
	);
	assert.ok(found);
	return found;
}

const numbered = (count: number) =>
	Array.from({ length: count }, (_, id) => (id === 7 ? "" : `token ${id} ü`));

function replaced(id: number, token: string): readonly string[] {
	return numbered(300).map((it, index) => (index === id ? token : it));
}

describe("vocabularyOf", () => {
	it("has the table of the built-in model, as long as its header says", () => {
		const found = shipped("headroom-7m-q8_0.gguf");
		assert.equal(found.tokenCount, 8192);
		assert.ok(found.tokenTable.length > 8192 * 9);
	});

	for (const [what, metadata] of [
		["no tokenizer", {}],
		["no tokens", { "tokenizer.ggml.model": text("gpt2") }],
		[
			"numbers for tokens",
			{
				"tokenizer.ggml.model": text("gpt2"),
				"tokenizer.ggml.tokens": { type: "uint32s", value: [1, 2] },
			},
		],
	] as const)
		it(`finds none in a header with ${what}`, () =>
			assert.equal(read(writeGguf({ metadata })), undefined));

	it("finds none if the bytes end before it", () => {
		const bytes = writeGguf({
			metadata: {
				"tokenizer.ggml.model": text("gpt2"),
				"tokenizer.ggml.tokens": { type: "strings", value: numbered(9) },
			},
		});
		const header = readGgufHeader({
			sizeBytes: bytes.length,
			read: (offset, length) => bytes.subarray(offset, offset + length),
		});
		assert.ok(header.ok);
		assert.equal(vocabularyOf(header.value, bytes.subarray(0, 60)), undefined);
	});
});

describe("matchVocabularies", () => {
	const target = vocabulary({ tokens: numbered(300), name: "the target" });

	for (const [what, draft, sharedTokens] of [
		["the same", { tokens: numbered(300) }, 300],
		["one that has 128 fewer", { tokens: numbered(172) }, 172],
		["one that has 128 more", { tokens: numbered(428) }, 300],
		["one with another token 4", { tokens: replaced(4, "<s>") }, 300],
		["one that does not say its cut", { tokens: numbered(300), pre: "" }, 300],
	] as const)
		it(`takes ${what}`, () =>
			assert.deepEqual(matchVocabularies(target, vocabulary(draft)), {
				ok: true,
				value: { sharedTokens },
			}));

	for (const [what, draft, why] of [
		["129 fewer", { tokens: numbered(171) }, "it has 171 tokens, not 300"],
		["129 more", { tokens: numbered(429) }, "it has 429 tokens, not 300"],
		["another token 5", { tokens: replaced(5, "x") }, "token 5 is another one"],
		[
			"another last token of the same length",
			{ tokens: replaced(299, "token 298 ü") },
			"token 299 is another one",
		],
		[
			"a token that goes on",
			{ tokens: replaced(40, "token 40 ü ") },
			"token 40 is another one",
		],
		[
			"a token in place of an empty one",
			{ tokens: replaced(7, "x") },
			"token 7 is another one",
		],
		[
			"another tokenizer",
			{ tokens: numbered(300), tokenizer: "llama" },
			"its tokenizer is llama, not gpt2",
		],
		[
			"another cut",
			{ tokens: numbered(300), pre: "starcoder" },
			"its text is cut as for starcoder, not qwen2",
		],
	] as const)
		it(`refuses one with ${what}`, () =>
			assert.deepEqual(matchVocabularies(target, vocabulary(draft)), {
				ok: false,
				error: why,
			}));

	it("gives the same answer both ways", () => {
		const smaller = vocabulary({ tokens: numbered(200) });
		assert.deepEqual(
			matchVocabularies(smaller, target),
			matchVocabularies(target, smaller),
		);
	});

	it("takes the pair that ships with the extension", () =>
		assert.deepEqual(
			matchVocabularies(
				shipped("headroom-7m-q8_0.gguf"),
				shipped("headroom-draft-1.6m-q8_0.gguf"),
			),
			{ ok: true, value: { sharedTokens: 8192 } },
		));

	it("compares real sizes", () => {
		const tokens = numbered(152_064);
		const large = vocabulary({ tokens, name: "7B" });
		const small = vocabulary({ tokens: tokens.slice(0, 151_936) });
		assert.deepEqual(matchVocabularies(large, small), {
			ok: true,
			value: { sharedTokens: 151_936 },
		});
	});
});
