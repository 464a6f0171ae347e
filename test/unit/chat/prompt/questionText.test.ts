import assert from "node:assert/strict";
import { parseMentions } from "../../../../src/chat/attachments/mentions.ts";
import {
	expandSlashCommand,
	type Subject,
	slashCommands,
} from "../../../../src/chat/prompt/slashCommands.ts";
import { errorText } from "../../../../src/protocol/errors.ts";
import { fuzzyRank } from "../../../../src/workspace/fuzzyRank.ts";

const none: Subject = { kind: "none" };

describe("slash commands", () => {
	const cases: readonly (readonly [
		input: string,
		subject: Subject,
		command: string | null,
		prompt: RegExp,
	])[] = [
		["why?\n", none, null, /^why\?$/],
		["/usr/bin is what?", none, null, /^\/usr\/bin is what\?$/],
		["what does /fix do", none, null, /^what does \/fix do$/],
		["/ nothing", none, null, /^\/ nothing$/],
		[
			"/explain",
			{ kind: "selection", path: "a.ts" },
			"explain",
			/^Explain the selected code of a\.ts:.*\S$/,
		],
		[
			" /FIX the loop\nplease ",
			{ kind: "file", path: "a.ts" },
			"fix",
			/the file a\.ts[\s\S]*\n\nthe loop\nplease$/,
		],
		["/tests", none, "tests", /the code of this conversation/],
	];
	for (const [input, subject, command, prompt] of cases)
		it(`word ${JSON.stringify(input)}`, () => {
			const expanded = expandSlashCommand(input, subject);
			assert.ok(expanded.ok);
			assert.equal(expanded.value.command, command);
			assert.match(expanded.value.prompt, prompt);
		});

	it("are five, each with its own prompt", () => {
		const prompts = slashCommands.map((it) => {
			const expanded = expandSlashCommand(`/${it}`, none);
			return expanded.ok ? expanded.value.prompt : "";
		});
		assert.deepEqual(slashCommands, [
			"explain",
			"fix",
			"tests",
			"doc",
			"simplify",
		]);
		assert.equal(new Set(prompts).size, 5);
	});

	it("are listed in the error for an unknown command", () => {
		const expanded = expandSlashCommand("/fixx it", none);
		assert.equal(
			expanded.ok ? "" : errorText(expanded.error),
			"There is no command /fixx. Available commands: /explain, /fix, /tests, /doc, /simplify.",
		);
	});
});

describe("mentions", () => {
	const cases: readonly (readonly [text: string, found: readonly string[]])[] =
		[
			["#file:src/a.ts", ["file src/a.ts"]],
			[
				"look at #file:src/a.ts, and (#folder:src).",
				["file src/a.ts", "folder src"],
			],
			[
				'#file:"my file.ts" #symbol:Foo.bar',
				["file my file.ts", "symbol Foo.bar"],
			],
			["#problems and #changes?", ["problems ", "changes "]],
			["#problemsolving #changes-log C#file:a a#problems", []],
			['#file: #file:"" #file:... #other:x # heading', []],
			['#file:"not closed', []],
			['#file:"odd)." #file:odd).', ["file odd).", "file odd"]],
		];
	for (const [text, found] of cases)
		it(`in ${JSON.stringify(text)}`, () => {
			const mentions = parseMentions(text);
			assert.deepEqual(
				mentions.map(({ kind, name }) => `${kind} ${name}`),
				found,
			);
		});

	it("are found in a million characters", () => {
		const text = `${"#file:a".repeat(150_000)}`;
		assert.equal(parseMentions(text).length, 1);
	});
});

describe("fuzzyRank", () => {
	const cases: readonly (readonly [
		query: string,
		names: readonly string[],
		ranked: readonly string[],
	])[] = [
		["", ["b", "aa", "a"], ["a", "b", "aa"]],
		["xyz", ["zyx", "abc"], []],
		[
			"con",
			["chat/fit.ts/option", "src/conversation.ts"],
			["src/conversation.ts", "chat/fit.ts/option"],
		],
		["sc", ["basic.ts", "slashCommands.ts"], ["slashCommands.ts", "basic.ts"]],
		["fit", ["fitness/a.ts", "chat/fit.ts"], ["chat/fit.ts", "fitness/a.ts"]],
		["Fo", ["foo", "Foo"], ["Foo", "foo"]],
		["index", ["a/b/index.ts", "index.ts"], ["index.ts", "a/b/index.ts"]],
		["é", ["Édition.md"], ["Édition.md"]],
	];
	for (const [query, names, ranked] of cases)
		it(`orders ${names.join(", ")} for ${JSON.stringify(query)}`, () => {
			assert.deepEqual(fuzzyRank(query, names, 9), ranked);
			assert.deepEqual(fuzzyRank(query, names.toReversed(), 9), ranked);
		});

	it("returns at most the limit", () => {
		assert.deepEqual(fuzzyRank("a", ["a1", "a2", "a3"], 2), ["a1", "a2"]);
	});
});
