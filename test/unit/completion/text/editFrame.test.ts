import assert from "node:assert/strict";
import { EditFrame } from "../../../../src/completion/text/editFrame.ts";
import { at } from "../../../support/cursor.ts";

const lines = Array.from({ length: 40 }, (_, i) => `call${i}(value${i});`);
const below = lines.join("\n");
const changed = (from: number, to: number) =>
	lines
		.map((line, i) => (i >= from && i < to ? `changed${i}();` : line))
		.join("\n");

/** What is typed in the frame of one document, in another; undefined where the frame does not hold. */
const typedIn = (earlier: string, now: string) =>
	EditFrame.around(at(earlier)).frame.fit(at(now), "similar")?.typed;

describe("the suffix of a frame", () => {
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
		[
			"a block was closed at the end of the document",
			"",
			"\n\t\t}\n\t});\n",
			false,
		],
		["a short line was passed over", `\n}\n${below}`, `\n${below}`, false],
		["a blank line went", `\n\n${below}`, `\n${below}`, true],
		["few lines are all there is", "\na();", "\nb();", false],
		["a line came to nothing", "", "\nfoo();", false],
		["all went", `\n${below}`, "", false],
	] as const)
		it(`${stays ? "stays" : "changes"} where ${what}`, () => {
			assert.equal(typedIn(`█${earlier}`, `█${now}`), stays ? "" : undefined);
		});
});

describe("the prefix of a frame", () => {
	const above = `${lines.join("\n")}\n`;
	const long = `${Array.from({ length: 900 }, (_, i) => `row${i}(value${i});`).join("\n")}\n`;
	const imported = 'import { foo } from "foo";\n';
	const inLine = (text: string, line: number, added: string) =>
		text
			.split("\n")
			.flatMap((it, i) => (i === line ? [added, it] : [it]))
			.join("\n");
	for (const [what, earlier, now, holds] of [
		["nothing changed", above, above, true],
		["only the line ends differ", above, above.replaceAll("\n", "\r\n"), true],
		["an import came first", above, imported + above, true],
		[
			"an import came first in a short file",
			"a();\nb();\nc();\n",
			`${imported}a();\nb();\nc();\n`,
			true,
		],
		[
			"two lines came into a short file",
			"a();\nb();\nc();\n",
			`${imported}${imported}a();\nb();\nc();\n`,
			false,
		],
		[
			"few lines changed",
			above,
			above.replace("call9", "x").replace("call10", "x"),
			true,
		],
		[
			"many lines changed",
			above,
			above.replace("call9", "x").replace("call20", "x"),
			false,
		],
		["the line before it changed", above, above.replace("call37", "x"), false],
		[
			"the lines before it went",
			above,
			`${lines.slice(0, 36).join("\n")}\n`,
			false,
		],
		["a line came far above, in a long file", long, imported + long, true],
		["a line came near, in a long file", long, inLine(long, 850, "x();"), true],
		[
			"a hundred lines came, in a long file",
			long,
			inLine(long, 850, "x();\n".repeat(100)),
			false,
		],
		["a long file came above a short one", above, long + above, false],
		[
			"the start of a long file went",
			long,
			long.slice(long.indexOf("row800")),
			false,
		],
	] as const)
		it(`${holds ? "holds" : "does not hold"} where ${what}`, () => {
			const typed = typedIn(`${earlier}█`, `${now}foo█`);
			const end = earlier.split("\n").slice(-3).join("\n");
			assert.equal(typed, holds ? `${end}foo` : undefined);
		});

	it("takes none of what is typed, where all lines are the same", () => {
		const same = "same();\n".repeat(40);
		assert.equal(
			typedIn(`${same}█`, `${same}${"same();\n".repeat(5)}█`),
			"same();\n".repeat(7),
		);
	});
});

describe("a frame", () => {
	it("begins at a line that is not blank, where there is one", () => {
		for (const [document, typed] of [
			["a();\n\tb();\n\n\tc(█", "\tb();\n\n\tc("],
			["a();\n\n\n\tc(█", "\tc("],
			["a();\r\n\tb();\r\n\tc(█", "a();\n\tb();\n\tc("],
			[`${"x".repeat(300)}\n\tc(█`, "\tc("],
			["c(█", "c("],
		] as const)
			assert.equal(EditFrame.around(at(document)).typed, typed);
	});
});
