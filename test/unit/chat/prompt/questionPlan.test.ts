import assert from "node:assert/strict";
import type { OfferedAttachment } from "../../../../src/chat/chatPorts.ts";
import { planQuestion } from "../../../../src/chat/prompt/questionPlan.ts";
import { TurnCounter } from "../../../../src/chat/prompt/turnCounter.ts";
import type { ChatModel } from "../../../../src/protocol/chat.ts";
import type { Question } from "../../../../src/protocol/conversation.ts";
import { FakeChatEngine } from "../../../support/fakes/fakeChat.ts";

const model: ChatModel = {
	name: "M",
	parameterCount: 7e9,
	windowTokens: 4096,
	error: null,
};

const question: Question = {
	role: "user",
	id: "q",
	parent: null,
	askedAtMs: 0,
	text: "What is this?",
	prompt: "What is this?",
	attachments: [],
};

const file = (
	path: string,
	chars: number,
	isSpare = false,
): OfferedAttachment => ({
	kind: "file",
	label: path,
	path,
	languageId: "typescript",
	text: "x ".repeat(chars / 2),
	...(isSpare && { isSpare: true }),
});

async function planned(offered: readonly OfferedAttachment[]) {
	const engine = new FakeChatEngine();
	const plan = await planQuestion(
		[],
		question,
		offered,
		model,
		new TurnCounter(engine, engine),
	);
	return {
		fits: plan.fit.ok,
		attached: plan.attachments.map(({ path }) => path),
		marks: plan.attachments.some((it) => "isSpare" in it),
	};
}

describe("planQuestion", () => {
	it("leaves out what nobody asked for, the largest first, as far as it does not fit", async () => {
		assert.deepEqual(
			await planned([
				file("open.ts", 30_000, true),
				file("asked.ts", 400),
				file("named.ts", 600, true),
			]),
			{ fits: true, attached: ["asked.ts", "named.ts"], marks: false },
		);
	});

	it("keeps all of it where it fits", async () => {
		assert.deepEqual(
			await planned([file("a.ts", 400, true), file("b.ts", 400)]),
			{ fits: true, attached: ["a.ts", "b.ts"], marks: false },
		);
	});

	it("never leaves out what was asked for", async () => {
		assert.deepEqual(
			await planned([file("a.ts", 400, true), file("b.ts", 60_000)]),
			{ fits: false, attached: ["b.ts"], marks: false },
		);
	});
});
