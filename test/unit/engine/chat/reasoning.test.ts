import assert from "node:assert/strict";
import type { ChatPart } from "../../../../src/engine/chat/chatTemplate.ts";
import {
	ReasoningSplitter,
	type Segment,
} from "../../../../src/engine/chat/reasoning.ts";
import { tagTokens } from "../../../../src/engine/chat/reasoningTags.ts";
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
		if (kind === "textWasReasoning") {
			const text = merged.map((it) => it.text).join("");
			merged.splice(0, merged.length, { kind: "reasoning", text });
			continue;
		}
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
	[
		"channels that begin with a start",
		"<|start|>assistant<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes.",
		[reasoning("Hm."), answer("Yes.")],
	],
	[
		"the message of a channel that the prompt opens",
		"Yes.<|end|>",
		[answer("Yes.")],
		asking("<|start|>assistant<|channel|>final<|message|>"),
	],
	...[
		["<thinking>", "</thinking>"],
		["<thought>", "</thought>"],
		["<reasoning>", "</reasoning>"],
		["<mm:think>", "</mm:think>"],
		["<think:opensource>", "</think:opensource>"],
		["<|START_THINKING|>", "<|END_THINKING|>"],
		["<|channel>thought\n", "<channel|>"],
		["<unused94>thought\n", "<unused95>"],
		["◁think▷", "◁/think▷"],
		["<|begin_of_thought|>", "<|end_of_thought|>"],
	].flatMap(([opening, closing]): (typeof cases)[number][] => [
		[
			`reasoning in ${opening}`,
			`${opening}Hm. <b> </b>\n${closing}\n\nYes.`,
			[reasoning("Hm. <b> </b>\n"), answer("Yes.")],
		],
		[
			`reasoning in ${opening} that the prompt opens`,
			`Hm.${closing}Yes.`,
			[reasoning("Hm."), answer("Yes.")],
			asking(`<|assistant|>\n${opening}\n`),
		],
		[
			`reasoning that only ${closing} closes`,
			`So.\nHm.\n${closing}\n\nYes.`,
			[reasoning("So.\nHm.\n"), answer("Yes.")],
		],
		[
			`an empty end of reasoning, ${closing}`,
			`${closing}\n\nYes.`,
			[answer("Yes.")],
		],
		[
			`an answer that mentions ${closing}`,
			`The tag \`${closing}\`\nand ${closing} end it:\n\`\`\`\n${closing}\n\`\`\`\n`,
			[
				answer(
					`The tag \`${closing}\`\nand ${closing} end it:\n\`\`\`\n${closing}\n\`\`\`\n`,
				),
			],
		],
	]),
	...[
		["<response>", "</response>"],
		["<answer>", "</answer>"],
		["<|START_RESPONSE|>", "<|END_RESPONSE|>"],
		["<|begin_of_solution|>", "<|end_of_solution|>"],
		["[BEGIN FINAL RESPONSE]", "[END FINAL RESPONSE]"],
	].flatMap(([opening, closing]): (typeof cases)[number][] => [
		[`an answer in ${opening}`, `${opening}Yes.${closing}\n`, [answer("Yes.")]],
		[
			`an answer in ${opening} after reasoning`,
			`<think>Hm.</think>\n${opening}\nYes.${closing}`,
			[reasoning("Hm."), answer("Yes.")],
		],
		[
			`an answer in ${opening} that has a part after its end`,
			`${opening}Yes.${closing} No.`,
			[answer(`Yes.${closing} No.`)],
		],
		[
			`an answer in ${opening} that the prompt opens`,
			`Yes.${closing}`,
			[answer("Yes.")],
			asking(`<|assistant|>${opening}`),
		],
	]),
	[
		"reasoning that words of the prompt open, and a tag of the answer closes",
		"1. Hm.\n[BEGIN FINAL RESPONSE]\nYes.\n[END FINAL RESPONSE]\n",
		[reasoning("1. Hm.\n"), answer("Yes.\n")],
		asking("<|begin_assistant|>\nHere are my reasoning steps:\n"),
	],
	[
		"an answer that begins with such words",
		"Here are my reasoning steps:\n1. Yes.",
		[answer("Here are my reasoning steps:\n1. Yes.")],
	],
	[
		"reasoning in two parts",
		"<think>a</think>\n<think>b</think>Yes.",
		[reasoning("ab"), answer("Yes.")],
	],
	[
		"reasoning whose first words are in the prompt",
		"I see.</think>Yes.",
		[reasoning("I see."), answer("Yes.")],
		asking("<|im_start|>assistant\n<think>\nOkay, "),
	],
	[
		"an answer to a prompt that mentions a tag",
		"Yes.",
		[answer("Yes.")],
		asking(" Think in <think> tags.<|im_end|>\n<|im_start|>assistant\n"),
	],
	[
		"an answer about a tag that it opens, too",
		"It is <think>\nx\n</think>\nthere.",
		[answer("It is <think>\nx\n</think>\nthere.")],
	],
	[
		"reasoning that only a tag at the end closes",
		"Hm.\n</think> ",
		[reasoning("Hm.\n")],
	],
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
