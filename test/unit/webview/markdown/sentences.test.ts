import assert from "node:assert/strict";
import { SentenceReader } from "../../../../src/webview/markdown/sentences.ts";

const text =
	"First *one*. Second, with `x.y`!\n\n```ts\nconst a = 1; // Not. Heard.\n```\nLast one";
const expected = ["First one.", "Second, with x.y!", "Code.", "Last one"];

describe("sentences of a streaming answer", () => {
	it("are announced when complete, without code", () => {
		for (const size of [1, 3, 7, 1_000]) {
			const reader = new SentenceReader();
			const said: string[] = [];
			for (let from = 0; from < text.length; from += size)
				said.push(...reader.read(text.slice(from, from + size), "Code."));
			assert.deepEqual(said, expected.slice(0, 3), `pieces of ${size}`);
			assert.deepEqual(reader.end("Code."), expected.slice(3));
		}
	});

	it("are split if they do not end", () => {
		const said = new SentenceReader().read("a".repeat(2_500), "Code.");
		assert.deepEqual(
			said.map(({ length }) => length),
			[1_000, 1_000],
		);
	});
});
