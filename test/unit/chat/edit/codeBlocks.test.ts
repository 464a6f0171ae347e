import assert from "node:assert/strict";
import { codeBlocksOf, namesOf } from "../../../../src/chat/edit/codeBlocks.ts";

describe("codeBlocksOf", () => {
	const cases: readonly (readonly [
		name: string,
		answer: string,
		/** Language, path, text; a `+` where it is open. */
		blocks: readonly string[],
	])[] = [
		["none", "plain `code`", []],
		["a block", "see\n```ts\nlet a;\n\n```\nend", ["ts|null|let a;\n|"]],
		["two", "```a\n1\n```\n~~~b\n2\n~~~", ["a|null|1|", "b|null|2|"]],
		["open", "```ts\nlet a;\nlet", ["ts|null|let a;\nlet|+"]],
		["just begun", "text\n```", ["|null||+"]],
		[
			"in a longer fence",
			"````md\n```\nx\n```\n````",
			["md|null|```\nx\n```|"],
		],
		["closed only by its own kind", "```\n~~~\n```", ["|null|~~~|"]],
		["closed by a longer fence", "```\nx\n`````", ["|null|x|"]],
		["not closed by a fence with text", "```\n``` x\n```", ["|null|``` x|"]],
		["in a list", "1. do\n   ```ts\n   a\n     b\n   ```", ["ts|null|a\n  b|"]],
		["with deeper fences in its code", "```\n    ```\n```", ["|null|    ```|"]],
		[
			"with the line ends of Windows",
			"```ts\r\na\r\nb\r\n```\r\n",
			["ts|null|a\nb|"],
		],
		["no fence within a line", "``` a`b\nx", []],
		[
			"the outer of two of the same length",
			"```markdown\n# A\n\n```js\nlet a;\n```\n\nEnd.\n```\nSo.\n```ts\nx\n```",
			["markdown|null|# A\n\n```js\nlet a;\n```\n\nEnd.|", "ts|null|x|"],
		],
		[
			"an outer one without an end as open",
			"```md:README.md\n# A\n```js\nlet a;\n```\n",
			["md|README.md|# A\n```js\nlet a;\n```\n|+"],
		],
		[
			"a path in the line before",
			"**src/a.ts**\n```ts\nx\n```",
			["ts|src/a.ts|x|"],
		],
		[
			"a path two lines before",
			"`src/a.ts`:\n\n```ts\nx\n```",
			["ts|src/a.ts|x|"],
		],
	];
	for (const [name, answer, blocks] of cases)
		it(`finds ${name}`, () => {
			assert.deepEqual(
				codeBlocksOf(answer).map(
					(it) =>
						`${it.language}|${it.path}|${it.text}|${it.isOpen ? "+" : ""}`,
				),
				blocks,
			);
		});

	it("finds the same blocks in every prefix of an answer", () => {
		const answer = "a\n```ts\nlet a;\n```\nb\n~~~py\nx\n~~~\n";
		const whole = codeBlocksOf(answer);
		for (let end = 0; end <= answer.length; end++)
			for (const [index, block] of codeBlocksOf(answer.slice(0, end)).entries())
				assert.ok(
					block.isOpen || block.text === whole[index]?.text,
					answer.slice(0, end),
				);
	});

	it("finds the same blocks in the lines of an answer so far, with blocks in blocks", () => {
		const answer =
			"a\n```md\n~~~sh\n```\n~~~\n```js\n1\n```\n\n```\nnpm\n```\nEnd.\n```\n\n```c\n```\n";
		const lines = answer.split("\n");
		const whole = codeBlocksOf(answer);
		assert.deepEqual(
			whole.map(({ language }) => language),
			["md", "c"],
		);
		for (let end = 1; end < lines.length; end++) {
			const [block] = codeBlocksOf(lines.slice(0, end).join("\n"));
			assert.ok(
				!block || block.isOpen || end >= 14 || lines[end - 1] === "```",
				`closed by line ${end}`,
			);
		}
	});

	it("reads a million characters on one line, and a million fences", () => {
		assert.equal(codeBlocksOf(`\`\`\`\n${"`".repeat(1e6)}x`).length, 1);
		assert.equal(codeBlocksOf("`".repeat(1e6)).length, 1);
		assert.equal(codeBlocksOf("```\n```\n".repeat(1e5)).length, 1e5);
	});
});

describe("namesOf", () => {
	const cases: readonly (readonly [
		info: string,
		before: string,
		language: string,
		path: string | null,
	])[] = [
		["", "", "", null],
		["ts", "", "ts", null],
		["c++", "", "c++", null],
		["c#", "So:", "c#", null],
		["js {1,3}", "", "js", null],
		["ts:src/a.ts", "", "ts", "src/a.ts"],
		["ts src/a.ts", "", "ts", "src/a.ts"],
		["src/a.ts", "", "ts", "src/a.ts"],
		["./src/a.ts", "", "ts", "src/a.ts"],
		['ts title="my dir/a.ts"', "", "ts", null],
		['ts title="src/my file.ts"', "", "ts", "src/my file.ts"],
		["ts filename=src\\a.ts", "", "ts", "src/a.ts"],
		["ts:../../etc/passwd", "", "ts", null],
		["ts:/etc/passwd", "", "ts", null],
		["ts:C:\\a.ts", "", "ts", null],
		["ts", "### src/a.ts", "ts", "src/a.ts"],
		["ts", "File: src/a.ts", "ts", "src/a.ts"],
		["ts", "**`src/a.ts`:**", "ts", "src/a.ts"],
		["ts", "In `src/a.ts`, change the call:", "ts", "src/a.ts"],
		["ts", "Move it from `a.ts` to `b.ts`:", "ts", null],
		["ts", "Call `foo()` there:", "ts", null],
		["ts", "That is all.", "ts", null],
		["ts", "`../a.ts`", "ts", null],
		["", "Makefile:", "", "Makefile"],
		["sh", "`.gitignore`", "sh", ".gitignore"],
		["ts:src/a.ts", "`b.ts`", "ts", "src/a.ts"],
	];
	for (const [info, before, language, path] of cases)
		it(`takes ${JSON.stringify(info)} after ${JSON.stringify(before)} for ${language} in ${path}`, () => {
			assert.deepEqual(namesOf(info, before), { language, path });
		});
});
