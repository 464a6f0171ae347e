import assert from "node:assert/strict";
import { codeBlocksOf } from "../../../../src/chat/edit/codeBlocks.ts";
import {
	type Block,
	splitBlocks,
} from "../../../../src/webview/markdown/blocks.ts";
import { renderMarkdown } from "../../../../src/webview/markdown/render.ts";
import { seededRandom } from "../../../support/seededRandom.ts";

function htmlOf(block: Block): string {
	if (block.kind === "plain") return block.source;
	// A fence that is open to its end, and longer than any in the code.
	return renderMarkdown(
		block.kind === "code" ? `${"`".repeat(20)}\n${block.code}` : block.source,
	).html;
}

/** What a view of the answer does: keeps the finished blocks, and cuts the rest anew with each piece. */
function streamed(pieces: readonly string[]): {
	readonly html: string;
	readonly kept: readonly string[];
} {
	const kept: string[] = [];
	let rest = "";
	let open: readonly Block[] = [];
	for (const piece of pieces) {
		rest += piece;
		const split = splitBlocks(rest);
		kept.push(...split.finished.map(htmlOf));
		({ open } = split);
		rest = rest.slice(split.openFrom);
	}
	return { html: [...kept, ...open.map(htmlOf)].join(""), kept };
}

const lines = [
	"A paragraph.",
	"continued *here*",
	"",
	"",
	"# Heading",
	"Setext",
	"===",
	"---",
	"- item",
	"  more of it",
	"  - nested",
	"    ```js",
	"1. first",
	"2. second",
	"2",
	"> quote",
	">",
	"lazy",
	"```ts",
	"```markdown",
	"   ~~~md",
	"npm start",
	"This is what it does:",
	"const a = `b`;",
	"```",
	"~~~~",
	"````",
	"    indented",
	"\tcode",
	"| a | b |",
	"|---|--:|",
	"| 1 | 2 |",
	"[name]: https://example.org",
	"[name]",
	"<script>alert(1)</script>",
	"<!--",
	"***",
	"* * *",
	"   ",
	"\\",
	"**open",
	"$x$ \u202e turned",
];

describe("blocks of a streaming answer", () => {
	it("render to the same HTML however the text is split", () => {
		const random = seededRandom(7);
		const upTo = (limit: number) => Math.floor(random() * limit);
		let keptBlocks = 0;
		for (let round = 0; round < 2_000; round++) {
			const lineEnd = ["\n", "\r\n", "\n", "\n"][upTo(4)] ?? "\n";
			const text = Array.from(
				{ length: 1 + upTo(14) },
				() => lines[upTo(lines.length)] ?? "",
			).join(lineEnd);
			const pieces: string[] = [];
			for (let from = 0; from < text.length; ) {
				const to = from + 1 + upTo(12);
				pieces.push(text.slice(from, to));
				from = to;
			}
			const whole = renderMarkdown(text).html;
			const { html, kept } = streamed(pieces);
			assert.equal(html, whole, JSON.stringify(pieces));
			keptBlocks += kept.length;
		}
		assert.ok(keptBlocks > 2_000, "most blocks are finished before the end");
	});

	it("finish as soon as the next block has a complete line", () => {
		assert.deepEqual(splitBlocks("One.\n\nTwo.").finished, []);
		assert.deepEqual(splitBlocks("One.\n\nTwo.\n"), {
			finished: [{ kind: "markdown", source: "One.\n\n" }],
			open: [{ kind: "markdown", source: "Two.\n" }],
			openFrom: 6,
		});
	});

	it("recognize an open fence as code at once", () => {
		assert.deepEqual(splitBlocks("```py\nprint(1)").open, [
			{ kind: "code", language: "py", code: "print(1)" },
		]);
	});

	it("are the code blocks that are taken out of the answer for edits", () => {
		const answer =
			"A readme:\n```markdown\n# T\n\n```sh\nnpm i\n```\n\n```\nx\n```\nEnd.\n```\n\n1. So:\n\n   ```js\n   1\n   ```\n\n~~~md\n```ts\n```\n~~~\n```py\n'''\n```json\n{}\n```\n'''\n```\n````c\n```\nopen";
		const { finished, open } = splitBlocks(answer);
		const shown = [...finished, ...open].flatMap((it) =>
			it.kind === "code"
				? [it]
				: it.kind === "markdown"
					? renderMarkdown(it.source).codes
					: [],
		);
		assert.deepEqual(
			shown.map(({ language, code }) => [language, code.trimEnd()]),
			codeBlocksOf(answer).map(({ language, text }) => [
				language,
				text.trimEnd(),
			]),
		);
		assert.deepEqual(
			shown.map(({ language }) => language),
			["markdown", "js", "md", "py", "c"],
		);
	});

	it("are plain text if they are too long or nested too deep", () => {
		const [block] = splitBlocks("[".repeat(1_000_000)).open;
		assert.equal(block?.kind, "plain");
		assert.equal(
			splitBlocks(`${">".repeat(3_000)}deep`).open[0]?.kind,
			"plain",
		);
		const [code] = splitBlocks(`\`\`\`\n${"x".repeat(1_000_000)}`).open;
		assert.equal(code?.kind, "code");
	});
});
