import assert from "node:assert/strict";
import {
	appendChunk,
	ask,
	createConversation,
	edit,
	failAnswer,
	finishAnswer,
	stopAnswer,
} from "../../../../src/chat/conversation/conversation.ts";
import {
	type ExportWords,
	exportMarkdown,
} from "../../../../src/chat/conversation/exportMarkdown.ts";
import { searchFor } from "../../../../src/chat/conversation/search.ts";
import { createError, errorText } from "../../../../src/protocol/errors.ts";
import {
	answered,
	attachment,
	question,
	talk,
} from "../../../support/conversations.ts";

describe("searchFor", () => {
	const conversation = answered(
		talk("c", "one"),
		question("two", 2),
		`${"before ".repeat(20)}The Größe of\na+b is (here).${" after".repeat(40)}`,
	);
	const cases: readonly (readonly [
		query: string,
		messageId: string | null | undefined,
		marked: readonly string[],
	])[] = [
		["nowhere", undefined, []],
		["GRÖSSE", undefined, []],
		["größe", "a-two", ["Größe"]],
		["THE here", "a-two", ["The", "here"]],
		["a+b", "a-two", ["a+b"]],
		["(here).", "a-two", ["(here)."]],
		["ask", "q-one", ["ask"]],
		["ask nowhere", undefined, []],
		["one two", "q-one", ["one"]],
		["of a+b OF", "a-two", ["of", "a+b"]],
	];
	for (const [query, messageId, marked] of cases)
		it(`finds ${JSON.stringify(query)} in ${messageId}`, () => {
			const hit = searchFor(query)?.(conversation);
			assert.equal(hit?.messageId, messageId);
			if (!hit) return;
			const { text, marks } = hit.excerpt;
			assert.deepEqual(
				marks.map(({ start, end }) => text.slice(start, end)),
				marked,
			);
			assert.ok(text.length < 200 && !text.includes("\n"));
		});

	it("searches titles and hidden branches", () => {
		const it = edit(talk("c", "one"), "q-one", question("other", 3));
		assert.equal(searchFor("one")?.(it)?.messageId, "q-one");
		const titled = { ...it, title: "Speed" };
		assert.deepEqual(searchFor("speed")?.(titled), {
			id: "c",
			title: "Speed",
			updatedAtMs: 3,
			messageId: null,
			excerpt: { text: "Speed", marks: [{ start: 0, end: 5 }] },
		});
	});

	it("returns nothing for a query without words", () => {
		assert.equal(searchFor(" \n "), undefined);
	});
});

describe("exportMarkdown", () => {
	const words: ExportWords = {
		question: "You",
		answer: (model) => `Answer of ${model}`,
		attached: (label) => `Attached: ${label}`,
		reasoning: "Reasoning",
		stopped: "Stopped.",
		cutOff: "Cut short.",
		error: errorText,
	};
	const start = (text: string) =>
		appendChunk(
			ask(createConversation("c", 0), question("one", 1)),
			"a-one",
			"text",
			text,
		);

	it("exports the visible messages", () => {
		let it = talk("c", "zero");
		it = edit(it, "q-zero", question("one", 1, attachment("a.ts", "x\n```")));
		it = appendChunk(it, "a-one", "reasoning", "so\n\nthen");
		it = appendChunk(it, "a-one", "text", "It is so.");
		it = finishAnswer(it, "a-one", "endOfText");
		assert.equal(
			exportMarkdown(it, words),
			`# ask zero

## You

ask one

Attached: a.ts

\`\`\`\`typescript
x
\`\`\`
\`\`\`\`

## Answer of test

> Reasoning
>
> so
>
> then

It is so.
`,
		);
	});

	const error = createError("engineStopped", {});
	const ends: readonly (readonly [
		name: string,
		text: string,
		conversation: ReturnType<typeof start>,
	])[] = [
		["Stopped.", "stopped", stopAnswer(start("a"), "a-one")],
		["Stopped.", "streaming", start("a")],
		[
			"Cut short.",
			"out of tokens",
			finishAnswer(start("a"), "a-one", "maxTokens"),
		],
		[
			"The engine was stopped.",
			"failed",
			failAnswer(start("a"), "a-one", error),
		],
	];
	for (const [note, name, conversation] of ends)
		it(`notes that an answer is incomplete: ${name}`, () => {
			assert.ok(
				exportMarkdown(conversation, words).endsWith(`\n\na\n\n*${note}*\n`),
			);
		});

	it("closes an open code fence", () => {
		const it = stopAnswer(start("````ts\nlet"), "a-one");
		assert.ok(
			exportMarkdown(it, words).endsWith("````ts\nlet\n````\n\n*Stopped.*\n"),
		);
	});
});
