import assert from "node:assert/strict";
import type { ChatPart } from "../../../../src/engine/chat/chatTemplate.ts";
import {
	ReasoningSplitter,
	type Segment,
	tagTokens,
} from "../../../../src/engine/chat/reasoning.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

const asking = (text: string): readonly ChatPart[] => [
	{ isTemplate: true, text },
];
const plainly = asking("<|im_start|>assistant\n");
const inThoughts = asking("<｜Assistant｜><think>\n");

/** The segments, with adjacent ones of a kind merged. */
function split(
	chunks: readonly string[],
	prompt: readonly ChatPart[],
): readonly Segment[] {
	const splitter = new ReasoningSplitter(prompt);
	const merged: Segment[] = [];
	for (const { kind, text } of [
		...chunks.flatMap((chunk) => splitter.push(chunk)),
		...splitter.end(),
	]) {
		const last = merged.at(-1);
		if (last?.kind === kind)
			merged.splice(-1, 1, { kind, text: last.text + text });
		else merged.push({ kind, text });
	}
	return merged;
}

const answer = (text: string): Segment => ({ kind: "text", text });
const reasoning = (text: string): Segment => ({ kind: "reasoning", text });

const cases: readonly (readonly [
	what: string,
	text: string,
	segments: readonly Segment[],
	prompt?: readonly ChatPart[],
])[] = [
	["an answer alone", " Yes.\n", [answer(" Yes.\n")]],
	["nothing", "", []],
	["spaces", " \n ", [answer(" \n ")]],
	[
		"reasoning first",
		"\n<think>\nHm.\n</think>\n\nYes.",
		[reasoning("Hm.\n"), answer("Yes.")],
	],
	["empty reasoning", "<think>\n\n</think>\n\nYes.", [answer("Yes.")]],
	["reasoning without an end", "<think>Hm. </thi", [reasoning("Hm. </thi")]],
	["reasoning and no answer", "<think>Hm.</think>\n", [reasoning("Hm.")]],
	[
		"reasoning of Magistral",
		"[THINK]Hm.[/THINK]Yes.",
		[reasoning("Hm."), answer("Yes.")],
	],
	[
		"reasoning of Seed",
		"<seed:think>Hm.</seed:think>Yes.",
		[reasoning("Hm."), answer("Yes.")],
	],
	[
		"reasoning about other tags",
		"<think>[/THINK] </ think></think>Yes.",
		[reasoning("[/THINK] </ think>"), answer("Yes.")],
	],
	["the start of a tag", "<thi", [answer("<thi")]],
	["a tag of HTML", "<this>", [answer("<this>")]],
	[
		"an answer about tags",
		"Write <think>x</think> or <|channel|>.",
		[answer("Write <think>x</think> or <|channel|>.")],
	],
	[
		"an answer about tags after reasoning",
		"<think>a</think>b <think>c</think>",
		[reasoning("a"), answer("b <think>c</think>")],
	],
	[
		"reasoning that the prompt opens",
		"Hm.</think>Yes.",
		[reasoning("Hm."), answer("Yes.")],
		inThoughts,
	],
	[
		"reasoning that is opened twice",
		"\n<think>Hm.</think>Yes.",
		[reasoning("Hm."), answer("Yes.")],
		inThoughts,
	],
	[
		"reasoning that the prompt opens, and nothing else",
		"Hm",
		[reasoning("Hm")],
		inThoughts,
	],
	[
		"an answer after a prompt that closes its reasoning",
		"Yes.",
		[answer("Yes.")],
		asking("<think>\n\n</think>\n\n"),
	],
	[
		"channels",
		"<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes.\n<|return|>".replace(
			"<|return|>",
			"",
		),
		[reasoning("Hm."), answer("Yes.\n")],
	],
	[
		"channels of several kinds",
		"<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary to=f <|constrain|>json<|message|>b<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>{}",
		[reasoning("ab"), answer("{}")],
	],
	[
		"a channel without an end",
		"<|channel|>analysis<|message|>Hm.<|en",
		[reasoning("Hm.<|en")],
	],
	["a channel without a message", "<|channel|>final", []],
];

describe("ReasoningSplitter", () => {
	for (const [what, text, segments, prompt = plainly] of cases) {
		it(`finds ${what}`, () => {
			assert.deepEqual(split([text], prompt), segments);
		});

		it(`finds ${what}, however the stream is split`, () => {
			const random = seededRandom(text.length + 1);
			assert.deepEqual(split([...text], prompt), segments);
			for (let round = 0; round < 50; round++) {
				const chunks: string[] = [];
				for (let at = 0; at < text.length; ) {
					const end = at + Math.floor(random() * 12);
					chunks.push(text.slice(at, end));
					at = end;
				}
				assert.deepEqual(split(chunks, prompt), segments, chunks.join("|"));
			}
		});
	}

	it("holds back only a possible start of a tag", () => {
		const splitter = new ReasoningSplitter(inThoughts);
		assert.deepEqual(splitter.push("a < b"), [reasoning("a < b")]);
		assert.deepEqual(splitter.push("x </"), [reasoning("x ")]);
		assert.deepEqual(splitter.push("b"), [reasoning("</b")]);
	});

	it("finds the same segments in random text, however the stream is split", () => {
		const random = seededRandom(3);
		const words = [
			"<think>",
			"</think>",
			"<|channel|>",
			"final",
			"analysis",
			"<|message|>",
			"<|end|>",
			"<|start|>",
			"[THINK]",
			" ",
			"\n",
			"<",
			"x",
		];
		for (let round = 0; round < 2000; round++) {
			const text = Array.from(
				{ length: 1 + Math.floor(random() * 9) },
				() => words[Math.floor(random() * words.length)],
			).join("");
			const whole = split([text], plainly);
			assert.deepEqual(split([...text], plainly), whole, text);
			const at = Math.floor(random() * text.length);
			const halves = [text.slice(0, at), text.slice(at)];
			assert.deepEqual(split(halves, plainly), whole, text);
		}
	});
});

describe("tagTokens", () => {
	const found = (tokens: readonly string[], special = tokens) => [
		...tagTokens({
			tokenizeTemplate: (text) =>
				tokens.includes(text) ? [tokens.indexOf(text)] : [98, 99],
			isSpecial: (token) => special.includes(tokens[token] ?? ""),
		}),
	];

	it("are those that detokenize to nothing", () => {
		const tokens = ["[THINK]", "[/THINK]", "<think>"];
		assert.deepEqual(found(tokens, tokens.slice(0, 2)), [
			[0, "[THINK]"],
			[1, "[/THINK]"],
		]);
	});

	it("include those of channels if a model has channels", () => {
		const tokens = ["<|end|>", "<|start|>", "<|channel|>", "<|message|>"];
		assert.deepEqual(
			found(tokens)
				.map(([, text]) => text)
				.sort(),
			[...tokens].sort(),
		);
	});

	it("do not include the end of an answer in other models", () => {
		assert.deepEqual(found(["<|end|>", "<|user|>"]), []);
		assert.deepEqual(found(["<|end|>", "<|channel|>"]), []);
	});
});
