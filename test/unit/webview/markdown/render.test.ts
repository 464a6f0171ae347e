import assert from "node:assert/strict";
import { renderMarkdown } from "../../../../src/webview/markdown/render.ts";

const html = (source: string) => renderMarkdown(source).html.trim();

describe("Markdown of a model", () => {
	const cases: readonly (readonly [
		what: string,
		source: string,
		html: string,
	])[] = [
		[
			"emphasis",
			"*a* **b** ~~c~~",
			"<p><em>a</em> <strong>b</strong> <s>c</s></p>",
		],
		["HTML as text", "<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"],
		[
			"a block of HTML as text",
			"<script>\nrun()\n</script>",
			"<p>&lt;script&gt;\nrun()\n&lt;/script&gt;</p>",
		],
		[
			"a link",
			"[a](https://b.c 'title')",
			'<p><a href="https://b.c">a</a></p>',
		],
		["an address as text", "https://b.c", "<p>https://b.c</p>"],
		[
			"a script in a link as text",
			"[a](javascript:b)",
			"<p>[a](javascript:b)</p>",
		],
		[
			"a disguised script in a link as text",
			"[a](java&#x73;cript:b)",
			"<p>[a](java&#x73;cript:b)</p>".replace("&#x73;", "s"),
		],
		[
			"data in a link as text",
			"[a](data:text/html,b)",
			"<p>[a](data:text/html,b)</p>",
		],
		[
			"a command of VS Code in a link as text",
			"[a](command:b)",
			"<p>[a](command:b)</p>",
		],
		[
			"an image as its description",
			"![a](https://b.c/d.png)",
			"<p>a (https://b.c/d.png)</p>",
		],
		[
			"headings below those of the page",
			"# a\n###### b",
			"<h3>a</h3>\n<h6>b</h6>",
		],
		[
			"a table without styles",
			"|a|\n|-:|\n|b|",
			"<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>b</td>\n</tr>\n</tbody>\n</table>",
		],
		[
			"no definitions",
			"[a]: https://b.c\n\n[a]",
			"<p>[a]: https://b.c</p>\n<p>[a]</p>",
		],
		["turned text by its number", "a\u202eb", "<p>a\u27e8U+202E\u27e9b</p>"],
		[
			"hidden characters in code",
			"`a\u200bb`",
			"<p><code>a\u27e8U+200B\u27e9b</code></p>",
		],
		[
			"colors of a terminal by number",
			"\u001b[31mred",
			"<p>\u27e8U+001B\u27e9[31mred</p>",
		],
		[
			"emoji in one piece",
			"\u{1f469}\u200d\u{1f4bb}",
			"<p>\u{1f469}\u200d\u{1f4bb}</p>",
		],
	];
	for (const [what, source, expected] of cases)
		it(`shows ${what}`, () => assert.equal(html(source), expected));

	it("keeps code verbatim, in the order of the blocks", () => {
		const { codes } = renderMarkdown(
			"- a\n  ```ts title\n  a\u202eb\n  ```\n\n> ~~~{.py}\n> c\n\n    d\n",
		);
		assert.deepEqual(codes, [
			{ language: "ts", code: "a\u202eb\n" },
			{ language: "", code: "c\n" },
			{ language: "", code: "d\n" },
		]);
	});
});
