import assert from "node:assert/strict";
import { FrozenSuffix } from "../../../../src/completion/context/frozenSuffix.ts";

const lines = Array.from({ length: 40 }, (_, i) => `call${i}(value${i});`);
const below = lines.join("\n");
const changed = (from: number, to: number) =>
	lines
		.map((line, i) => (i >= from && i < to ? `changed${i}();` : line))
		.join("\n");

describe("FrozenSuffix", () => {
	for (const [what, earlier, now, stays] of [
		["nothing changed", `;\n${below}`, `;\n${below}`, true],
		["a bracket was closed", `\n${below}`, `)\n${below}`, true],
		["brackets and a quote were closed", `;\n${below}`, `"]);\n${below}`, true],
		["a bracket was closed at the end of the document", "", ")", true],
		["a bracket was closed before others", ")", "})", true],
		["a closed bracket was typed over", `)\n${below}`, `\n${below}`, false],
		["the semicolon is gone", `);\n${below}`, `)\n${below}`, false],
		["a word came behind the cursor", `\n${below}`, ` word\n${below}`, false],
		["a word went", ` word\n${below}`, `\n${below}`, false],
		["a letter went", `name)\n${below}`, `ame)\n${below}`, false],
		["a letter beyond ASCII came", `\n${below}`, `ä\n${below}`, false],
		[
			"only the line ends differ",
			`\n${below}`,
			`\r\n${below.replaceAll("\n", "\r\n")}`,
			true,
		],
		[
			"a bracket was closed on its own line",
			`\n${below}`,
			`\n}\n${below}`,
			true,
		],
		[
			"the cursor went down a line",
			`\n${below}`,
			`\n${lines.slice(1).join("\n")}`,
			false,
		],
		[
			"the cursor went elsewhere",
			`\n${below}`,
			`\n${lines.slice(20).join("\n")}`,
			false,
		],
		["one word near changed", `\n${below}`, `\n${changed(1, 2)}`, true],
		["many words near changed", `\n${below}`, `\n${changed(1, 5)}`, false],
		[
			"few lines further on changed",
			`\n${below}`,
			`\n${changed(20, 24)}`,
			true,
		],
		[
			"many lines further on changed",
			`\n${below}`,
			`\n${changed(20, 25)}`,
			false,
		],
		[
			"the end was cut elsewhere",
			`\n${below}`,
			`\n${below.slice(0, -5)}`,
			true,
		],
		["few lines are all there is", "\na();", "\nb();", false],
		["a line came to nothing", "", "\nfoo();", false],
		["all went", `\n${below}`, "", false],
	] as const)
		it(`${stays ? "stays" : "changes"} where ${what}`, () => {
			const frozen = new FrozenSuffix();
			assert.equal(frozen.choose("a", earlier), earlier);
			assert.equal(frozen.choose("a", now), stays ? earlier : now);
		});

	it("is compared with the stored state, so that small changes add up", () => {
		const frozen = new FrozenSuffix();
		frozen.choose("a", `\n${below}`);
		const chosen = [1, 2, 3, 4, 5, 6].map((count) =>
			frozen.choose("a", `\n${changed(20, 20 + count)}`),
		);
		assert.deepEqual(chosen, [
			`\n${below}`,
			`\n${below}`,
			`\n${below}`,
			`\n${below}`,
			`\n${changed(20, 25)}`,
			`\n${changed(20, 25)}`,
		]);
	});

	it("is stored per document, until it is refreshed or forgotten", () => {
		const frozen = new FrozenSuffix();
		frozen.choose("a", "");
		assert.equal(frozen.choose("b", ")"), ")");
		assert.equal(frozen.choose("a", ")"), "");
		frozen.refresh("a", ")");
		assert.equal(frozen.choose("a", "})"), ")");
		frozen.forget("a");
		assert.equal(frozen.choose("a", "})"), "})");
	});

	it("drops the least recently used document", () => {
		const frozen = new FrozenSuffix();
		frozen.choose("first", "");
		for (let i = 0; i < 8; i++) frozen.choose(`uri${i}`, "");
		assert.equal(frozen.choose("first", ")"), ")");
	});
});
