import assert from "node:assert/strict";
import {
	FenceReader,
	fenceIn,
	openFence,
} from "../../../../src/base/text/fences.ts";

/** The number of lines in the first block, its fences included; 0 if it is open at the end. */
function lengthOf(text: string): number {
	const lines = text.split("\n");
	const opening = fenceIn(lines[0] ?? "");
	assert.ok(opening, "the first line is a fence");
	const reader = new FenceReader(opening);
	for (let at = 1; at < lines.length; at++)
		if (reader.closes(lines[at] ?? "", lines[at + 1])) return at + 1;
	return 0;
}

describe("FenceReader", () => {
	const cases: readonly (readonly [
		what: string,
		text: string,
		length: number,
	])[] = [
		["a block", "```js\nx\n```\ny", 3],
		["an empty block", "```\n```", 2],
		["an open block", "```js\nx", 0],
		["a longer closing fence", "```js\nx\n`````", 3],
		["a shorter fence", "````js\n```\n````", 3],
		["tildes", "~~~js\n```\n~~~", 3],
		["an indented closing fence", "```js\nx\n   ```", 3],
		["a fence that is indented too far", "```js\n    ```\n```", 3],
		["a fence with text", "```\n``` x\n```", 3],
		[
			"a block in Markdown",
			"```markdown\n# T\n```js\nx\n```\nEnd.\n```\nAfter.",
			7,
		],
		[
			"a block in Markdown, by the name of a file",
			"```README.md\n```js\n```\n```",
			4,
		],
		["two blocks in Markdown", "```md\n```js\n```\n\n```sh\n```\n```", 7],
		[
			"a block in Markdown in Markdown",
			"```md\n```md\n```js\n```\n```\n```",
			6,
		],
		[
			"a block without a language in Markdown",
			"```md\nRun:\n\n```\nnpm i\n```\n```",
			7,
		],
		[
			"a block without a language behind a line of Markdown",
			"```md\nRun:\n```\nnpm i\n```\nDone.\n```\n",
			7,
		],
		["tildes in Markdown", "```md\n~~~\n```\n~~~\n```", 5],
		["a longer block in Markdown", "```md\n````js\n```\n````\n```", 5],
		[
			"an indented block in Markdown",
			"```md\n1. Do:\n   ```sh\n   x\n   ```\n```",
			6,
		],
		[
			"a deeply indented block in Markdown",
			"```md\n- a\n    ```sh\n    x\n    ```\n```",
			6,
		],
		[
			"the end of Markdown before text",
			"```md\n# T\n```\nThis is all you need.\n```js\nx\n```",
			3,
		],
		[
			"the end of Markdown before a blank line",
			"```md\n# T\n```\n\nnpm\n```\n```",
			3,
		],
		["the end of Markdown before a block", "```md\n# T\n```\n```js\nx\n```", 3],
		[
			"a block in a block of code",
			"```py\ns = '''\n```json\n{}\n```\n'''\n```",
			7,
		],
		["Markdown with a block and no end", "```md\n```js\nx\n```\n", 0],
		["Markdown with a block that has no end", "```md\n```js\nx\n", 0],
		["Markdown in a longer fence", "````md\n```js\nx\n```\n````", 5],
		["Markdown in tildes", "~~~md\n```js\nx\n```\n~~~", 5],
		["Markdown in tildes, with tildes", "~~~md\n~~~js\nx\n~~~\n~~~", 5],
	];
	for (const [what, text, length] of cases)
		it(`reads ${what}`, () => {
			assert.equal(lengthOf(text), length);
		});
});

describe("openFence", () => {
	it("is the fence of the last block if a reader of CommonMark sees it open", () => {
		assert.equal(openFence("a\n```js\nx\n```"), undefined);
		assert.equal(openFence("a\n~~~~js\nx\n```"), "~~~~");
		assert.equal(openFence("```md\n```js\nx\n```\n```"), "```");
		assert.equal(openFence("a"), undefined);
	});
});
