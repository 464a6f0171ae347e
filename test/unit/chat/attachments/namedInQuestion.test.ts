import assert from "node:assert/strict";
import {
	namesInQuestion,
	pathNamed,
} from "../../../../src/chat/attachments/namedInQuestion.ts";

describe("what a question names", () => {
	const cases: readonly (readonly [
		question: string,
		paths: readonly string[],
		symbols: readonly string[],
	])[] = [
		[
			"Which function in memory/choosePlan.ts decides which plan is taken?",
			["memory/choosePlan.ts"],
			[],
		],
		["What does choosePlan do, and `admits`?", [], ["choosePlan", "admits"]],
		["Why does transfer() in bank.py fail?", ["bank.py"], ["transfer"]],
		[
			"Is (src/app.ts) like lib\\b.ts, or .eslintrc?",
			["src/app.ts", "lib/b.ts", ".eslintrc"],
			[],
		],
		["What is in src/memory/ and ./docs/?", ["src/memory", "./docs"], []],
		[
			"Rename max_retries; it is in a `config.toml`.",
			["config.toml"],
			["max_retries"],
		],
		["Add a docstring to transfer as an edit I can apply.", [], []],
		["Explain this, e.g. the loop, i.e. line 3, in version 1.2.", [], []],
		["See https://example.org/a.ts and #file:b.ts or /explain", [], []],
		["Fix it:\n```ts\nimport a from './other.ts';\nsomeName();\n```", [], []],
		["Was macht größe.ts?", [], []],
		[
			"a.ts b.ts cc.ts dd.ts ee.ts ff.ts gg.ts",
			["a.ts", "b.ts", "cc.ts", "dd.ts"],
			[],
		],
		["", [], []],
	];
	for (const [question, paths, symbols] of cases)
		it(question.split("\n")[0] || "nothing in an empty question", () => {
			assert.deepEqual(namesInQuestion(question), { paths, symbols });
		});

	it("is looked for in the beginning of a long text", () => {
		const question = `What is in app.ts? ${"x ".repeat(500_000)} b.ts`;
		assert.deepEqual(namesInQuestion(question).paths, ["app.ts"]);
	});
});

describe("the path that a name stands for", () => {
	const paths = [
		"src/memory/plan/choosePlan.ts",
		"src/memory/plan/plan.ts",
		"src/chat/plan.ts",
		"src/index.ts",
		"test/src/index.ts",
		"README.md",
	];
	for (const [name, expected] of [
		["src/chat/plan.ts", "src/chat/plan.ts"],
		["choosePlan.ts", "src/memory/plan/choosePlan.ts"],
		["memory/choosePlan.ts", "src/memory/plan/choosePlan.ts"],
		["memory/plan.ts", "src/memory/plan/plan.ts"],
		["plan/memory/choosePlan.ts", undefined],
		["plan.ts", undefined],
		["src/index.ts", "src/index.ts"],
		["./README.md", "README.md"],
		["Plan.ts", undefined],
		["", undefined],
	] as const)
		it(`${name || "nothing"}: ${expected ?? "none"}`, () => {
			assert.equal(pathNamed(name, paths), expected);
		});
});
