import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { getCompletion } from "../../../../src/completion/request/getCompletion.ts";
import { noContext } from "../../../../src/completion/request/promptContext.ts";
import { pythonFiles } from "../../../bench/trace.ts";
import { autoClosed, countClosers } from "../../../support/autoClosing.ts";
import { at } from "../../../support/cursor.ts";
import { FakeEngine } from "../../../support/fakes/fakeEngine.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

const root = path.resolve(import.meta.dirname, "../../../..");
const zod = path.join(root, "node_modules/zod/src/v4/core");
const sources = [
	...readdirSync(zod)
		.filter((it) => it.endsWith(".ts"))
		.map((it) => ["typescript", path.join(zod, it)] as const),
	...pythonFiles().map((it) => ["python", it] as const),
].map(([languageId, file]) => ({
	languageId,
	lines: readFileSync(file, "utf8").split(/\r?\n/),
}));

/** What the model says, from what the rest of the line and the lines below really are. */
const models: Readonly<
	Record<string, (rest: string, below: string, closers: string) => string>
> = {
	"knows what comes": (rest, below) => `${rest}\n${below}`,
	"closes everything once more": (rest, below, closers) =>
		`${rest}${closers}\n${below}`,
	"repeats the next line": (rest, below) =>
		`${rest}\n${below.split("\n")[0]}\n${below}`,
};

const isBalanced = (line: string) =>
	autoClosed(line).closers === "" && !/\/(?!\/).*["'`([{].*\//.test(line);

const openerOf: Readonly<Record<string, string>> = {
	")": "(",
	"]": "[",
	"}": "{",
};

interface Accepted {
	readonly before: string;
	readonly suggested: string;
	readonly closers: string;
	readonly line: string;
	readonly below: readonly string[];
}

/** A thousand in all. */
const perModel = 334;
/** Enough of a file for every filter. */
const keptLines = 40;

describe("a suggestion before closers that the editor inserted", () => {
	for (const [what, model] of Object.entries(models))
		it(`doubles none of them, from a model that ${what}`, async () => {
			const random = seededRandom(23);
			const pick = (count: number): number => Math.floor(random() * count);
			const wrong: Accepted[] = [];
			let accepted = 0;
			while (accepted < perModel) {
				const place = placeIn(sources[pick(sources.length)], pick);
				if (!place) continue;
				const { snapshot, rest, closers, line, before, below } = place;
				const result = await getCompletion(
					snapshot,
					new FakeEngine(() => [
						model(rest, below.slice(0, 4).join("\n"), closers),
					]),
					{ signal: new AbortController().signal, contextProvider: noContext },
				);
				if (result.kind !== "suggestion") continue;
				accepted++;
				const it = { before, suggested: result.text, closers, line, below };
				if (isDoubled(it) || repeatsNextLine(it)) wrong.push(it);
			}
			assert.deepEqual(wrong, []);
		});

	it("does not complete a line to the one below, with the closers behind the cursor", async () => {
		const result = await getCompletion(
			at("g(1);\nf(a█);\nf(a, b);\n"),
			new FakeEngine(() => [", b"]),
			{ signal: new AbortController().signal, contextProvider: noContext },
		);
		assert.deepEqual(result.kind === "none" && result.reason, {
			kind: "filtered",
			filter: "repeatsBelow",
		});
	});
});

type Source = (typeof sources)[number];

/** A random place inside a line of which the editor has closed something; undefined where the line has none. */
function placeIn(source: Source | undefined, pick: (count: number) => number) {
	assert.ok(source);
	const { languageId, lines } = source;
	const at = pick(lines.length);
	const line = lines[at] ?? "";
	const start = line.length - line.trimStart().length;
	if (line.trim().length < 8 || !isBalanced(line)) return undefined;
	const { before, closers } = autoClosed(
		line.slice(0, start + 1 + pick(line.trim().length - 1)),
	);
	if (closers === "") return undefined;
	const above = lines.slice(Math.max(0, at - keptLines), at);
	const below = lines.slice(at + 1, at + keptLines);
	const snapshot = {
		uri: "file:///a",
		path: "a",
		languageId,
		indentation: { insertSpaces: true, tabSize: 4 },
		version: 1,
		text: [...above, before + closers, ...below].join("\n"),
		offset: [...above, before].join("\n").length,
	};
	return {
		snapshot,
		rest: line.slice(before.length),
		before,
		closers,
		line,
		below,
	};
}

/** Whether there are more closers now than when the line is typed to its end, and more than are opened. */
function isDoubled({ before, suggested, closers, line }: Accepted): boolean {
	const added = before + suggested + closers;
	const right = countClosers(line);
	return Object.entries(countClosers(added)).some(
		([closer, count]) =>
			count > (right[closer] ?? 0) && count > countOpeners(added, closer),
	);
}

/** Of quotes, every second one. */
function countOpeners(text: string, closer: string): number {
	const opener = openerOf[closer];
	if (opener !== undefined) return text.split(opener).length - 1;
	const quotes = text.split(closer).length - 1;
	return quotes % 2 === 0 ? quotes : 0;
}

function repeatsNextLine({
	before,
	suggested,
	closers,
	below,
}: Accepted): boolean {
	const [next = ""] = below;
	const last = `${before}${suggested}${closers}`.split("\n").at(-1) ?? "";
	return /\w{3}/.test(next) && last.trim() === next.trim();
}
