import assert from "node:assert/strict";
import {
	fitPrompt,
	type SizedExchange,
} from "../../../../src/chat/prompt/fit.ts";
import { errorText } from "../../../../src/protocol/errors.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

const exchange = (
	label: string,
	questionTokens: number,
	answerTokens: number,
	attachments: SizedExchange["attachments"] = [],
): SizedExchange => ({ label, questionTokens, answerTokens, attachments });

const fitted = (...exchanges: readonly SizedExchange[]) =>
	fitPrompt({
		systemTokens: 10,
		exchanges,
		windowTokens: 150,
		answerTokens: 40,
	});

/** In a room of 100 tokens. */
const cases: readonly (readonly [
	name: string,
	exchanges: readonly SizedExchange[],
	expected: unknown,
])[] = [
	[
		"all where there is room for all",
		[exchange("a", 30, 30), exchange("b", 40, 0)],
		{ ok: true, value: { firstExchange: 0, usedTokens: 110, leftOut: [] } },
	],
	[
		"down to three quarters where something must leave",
		[exchange("a", 10, 10), exchange("b", 10, 10), exchange("c", 61, 0)],
		{
			ok: true,
			value: {
				firstExchange: 2,
				usedTokens: 71,
				leftOut: [
					{ label: "a", tokens: 20, attachments: [] },
					{ label: "b", tokens: 20, attachments: [] },
				],
			},
		},
	],
	[
		"the newest question, however large, with what left listed",
		[
			exchange("a", 20, 10, [{ label: "a.ts", tokens: 15 }]),
			exchange("b", 100, 0),
		],
		{
			ok: true,
			value: {
				firstExchange: 1,
				usedTokens: 110,
				leftOut: [
					{
						label: "a",
						tokens: 30,
						attachments: [{ label: "a.ts", tokens: 15 }],
					},
				],
			},
		},
	],
	[
		"nothing of nothing",
		[],
		{ ok: true, value: { firstExchange: 0, usedTokens: 10, leftOut: [] } },
	],
];

describe("fitPrompt", () => {
	for (const [name, exchanges, expected] of cases)
		it(`keeps ${name}`, () => {
			assert.deepEqual(fitted(...exchanges), expected);
		});

	it("names the largest attachment if the newest question is too large", () => {
		const result = fitted(
			exchange("a", 110, 0, [
				{ label: "small.ts", tokens: 20 },
				{ label: "large.ts", tokens: 80 },
			]),
		);
		assert.equal(
			result.ok ? "" : errorText(result.error),
			"large.ts has 80 tokens and does not fit: the model has room for 100 in a question. Remove it, or attach a part of it.",
		);
	});

	it("names the question if it has no attachments", () => {
		const result = fitted(exchange("a", 101, 0));
		assert.equal(
			result.ok ? "" : errorText(result.error),
			"The question has 101 tokens and does not fit: the model has room for 100. Shorten it.",
		);
	});

	it("never exceeds the context window, and moves the start rarely and only forward", () => {
		const random = seededRandom(7);
		const exchanges: SizedExchange[] = [];
		let start = 0;
		let moves = 0;
		for (let index = 0; index < 300; index++) {
			const tokens = () => 1 + Math.floor(random() * 9);
			const asked = exchange(`${index}`, tokens(), 0);
			const result = fitted(...exchanges, asked);
			assert.ok(result.ok);
			const { firstExchange, usedTokens } = result.value;
			assert.ok(usedTokens <= 110);
			assert.ok(firstExchange >= start);
			if (firstExchange > start) moves++;
			start = firstExchange;
			exchanges.push({ ...asked, answerTokens: tokens() });
		}
		// Three questions and their answers take a quarter of the room.
		assert.ok(moves > 50 && moves < 150, `${moves}`);
	});
});
