import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { filterNames } from "../../../../src/completion/reasons/reasons.ts";
import { getCompletion } from "../../../../src/completion/request/getCompletion.ts";
import { noContext } from "../../../../src/completion/request/promptContext.ts";
import { at } from "../../../support/cursor.ts";
import { FakeEngine } from "../../../support/fakes/fakeEngine.ts";
import { completedCase } from "../../../support/golden/completedCase.ts";
import {
	type GoldenCase,
	goldenCases,
} from "../../../support/golden/goldenCases.ts";

const cases = goldenCases("filters");

const bare = {
	signal: new AbortController().signal,
	contextProvider: noContext,
};

async function outcome(it: GoldenCase, chunkSize: number) {
	const result = await completedCase(it, chunkSize);
	const shown =
		result.kind === "suggestion"
			? ["--- suggestion", result.text]
			: [
					`--- none: ${result.reason.kind === "filtered" ? result.reason.filter : result.reason.kind}`,
				];
	return [...shown, `--- fired: ${result.firedFilters.join(", ")}`].join("\n");
}

function expectedOutcome({ expected, fired }: GoldenCase): string {
	const shown =
		"text" in expected
			? ["--- suggestion", expected.text]
			: [`--- none: ${expected.none}`];
	return [...shown, `--- fired: ${fired.join(", ")}`].join("\n");
}

/**
 * What other assistants do to a suggestion, and what their users complain of. The rules that are known to be mistakes are here too:
 * their cases show what is right instead.
 */
const peerRules = [
	"LV: empty",
	"LV: single blank line",
	"LV: line equals the rest of the line",
	"LV: text with the next line equals the line below",
	"LV: following lines equal the document",
	"LV: first line ends with the rest of the line",
	"LV: several lines before a rest keep the first",
	"CO: repeats the import above",
	"CO: a comment is one line",
	"CO: trailing white space",
	"CO: trailing white space inside",
	"CO: brackets of JSON match",
	"CO: backticks are text here",
	"CO: two spaces break a line",
	"CO: extreme repetition",
	"CO: only white space",
	"CO: empty comments, and nothing else",
	"CO: stop at the rest of the line, spaced otherwise",
	"CO: exact next line",
	"CO: similar to the line below, and so on",
	"CO: similar to the line below, where it goes on otherwise",
	"CO: stop at the 2nd blank line",
	"CO: three repeating lines",
	"CO: repeats the line above",
	"CO: empty comments",
	"CO: an empty comment between two is a paragraph",
	"CO: double space",
	"CO: backticks",
	"CO: a sentence before the backticks",
	"CO: backticks of the user stay",
	"CO: the path of another file ends the text",
	"CO: the file's own path is no code",
	"CO: a Path comment of its own file",
	"CO: diff --git",
	"CO: stop lines",
	"CO: a COMPLETION tag",
	"CO: repository markers that leak",
	"CO trap: a stop at /src/ kills import paths",
	"CO trap: a stop at // kills addresses and comments",
	"CO: the current line anew",
	"CO: a call in its own arguments is none",
	"CO: no key twice",
	"CO: a list may have several entries",
	"TA: the tag is closed below",
	"TA trap: three spaces are a width like any other",
	"TA: stop at a line of the level outside",
	"TA: the end of the block",
	"TA: the end stands below",
	"TA: white space around",
	"TA: one line where one line is asked for",
	"TA: line ends with repetition",
	"TA: duplicate of the lines below",
	"TA trap: less than four characters are worth showing",
	"TA: repetitive blocks",
	"TA: scope by indentation",
	"TA: closing line that stands below",
	"TA trap: lines are compared trimmed, also deep in",
	"TA trap: a comment in the first column ends nothing",
	"TA trap: a keyword in the first column ends nothing",
	"TW: quotes of an attribute",
	"TW: a match arm that stands below",
	"TW: bracket match",
	"TW: comment echo",
	"TW: duplicate of the next three lines",
	"TW: quotes",
	"TW: overlap with the rest",
	"TW: similar to the rest, and yet another text",
	"TW: at most so many lines",
	"CP: the block is closed below",
	"CP: done stands below",
	"CP: repetition",
	"CP: equals the next line",
	"CP: snip block close",
	"FL: a parenthesis that nothing opens",
	"FL: brackets stay balanced",
	"E35",
	"E36",
	"E37",
	"E38",
	"E39",
	"E40",
	"E41",
] as const;

describe("golden suggestions", () => {
	for (const it_ of cases)
		it(`${it_.languageId}: ${it_.title}`, async () => {
			for (const size of [1, 2, 3, 7, 1000])
				assert.equal(
					await outcome(it_, size),
					expectedOutcome(it_),
					`in chunks of ${size}`,
				);
		});

	it("have a case for every rule", () => {
		const fired = new Set(cases.flatMap((it) => it.fired));
		assert.deepEqual(
			filterNames.filter((name) => !fired.has(name)),
			[],
		);
	});

	it("have a case for every rule of the others", () => {
		assert.deepEqual(
			peerRules.filter(
				(rule) => !cases.some(({ title }) => title.startsWith(rule)),
			),
			[],
		);
	});

	it("have no two cases of one name", () => {
		const titles = cases.map(({ languageId, title }) => languageId + title);
		assert.deepEqual(
			titles.filter((title, index) => titles.indexOf(title) !== index),
			[],
		);
	});
});

describe("a model that knows what comes", () => {
	const folder = path.resolve(
		import.meta.dirname,
		"../../../support/sampleWorkspace",
	);
	const languageIds: Readonly<Record<string, string>> = {
		".md": "markdown",
		".py": "python",
		".ts": "typescript",
	};
	for (const file of readdirSync(folder))
		it(`is not changed anywhere in ${file}`, async () => {
			const text = readFileSync(path.join(folder, file), "utf8");
			const languageId = languageIds[path.extname(file)] ?? "plaintext";
			const indentation = { insertSpaces: !/^\t/m.test(text), tabSize: 4 };
			for (let offset = 0; offset < text.length; offset++) {
				const rest = text.slice(offset);
				const result = await getCompletion(
					at(`${text.slice(0, offset)}█`, { languageId, indentation }),
					new FakeEngine(() => [rest]),
					bare,
				);
				const shown = result.kind === "suggestion" ? result.text : "";
				const place = JSON.stringify(text.slice(0, offset).slice(-40));
				assert.ok(rest.startsWith(shown), `${shown} at ${place}`);
				assert.ok(shown !== "" || rest.trim() === "", `nothing at ${place}`);
			}
		});
});
