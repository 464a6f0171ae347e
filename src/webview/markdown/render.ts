/** Renders a model's Markdown to HTML of few elements, for the sanitizer. HTML in the source is shown as text. */

import MarkdownIt, { type RendererRule, type Token } from "markdown-it";
import { fenceRule } from "./fenceRule.ts";
import { visibleCode, visibleProse } from "./visible.ts";

export interface CodeSource {
	/** The first word of the info string; may be empty. */
	readonly language: string;
	/** Verbatim, hidden characters included. */
	readonly code: string;
}

export interface Rendered {
	readonly html: string;
	/** One for each `pre` of the HTML, in order. */
	readonly codes: readonly CodeSource[];
}

/** Headings of an answer are below those of the page. */
const headingOffset = 2;

const markdown = new MarkdownIt({ html: false, linkify: false });
// A link reference definition (`[name]: address`) would change blocks that are already rendered.
markdown.disable("reference");
markdown.block.ruler.at("fence", fenceRule, {
	alt: ["paragraph", "reference", "blockquote", "list"],
});
markdown.validateLink = (href) => /^(?:https?|mailto):/i.test(href);

const { escapeHtml } = markdown.utils;

const rules: Readonly<Record<string, RendererRule>> = {
	text: (tokens, index) => escapeHtml(visibleProse(contentOf(tokens, index))),
	code_inline: (tokens, index) =>
		`<code>${escapeHtml(visibleCode(contentOf(tokens, index)))}</code>`,
	fence: pre,
	code_block: pre,
	// Images are not loaded: the description and the address are shown.
	image(tokens, index) {
		const text = visibleProse(contentOf(tokens, index));
		return escapeHtml(`${text} (${addressIn(tokens, index, "src")})`.trim());
	},
	link_open: (tokens, index) =>
		`<a href="${escapeHtml(addressIn(tokens, index, "href"))}">`,
	th_open: () => "<th>",
	td_open: () => "<td>",
	heading_open: (tokens, index) => `<${heading(tokens[index]?.tag)}>`,
	heading_close: (tokens, index) => `</${heading(tokens[index]?.tag)}>\n`,
};
Object.assign(markdown.renderer.rules, rules);

function pre(tokens: readonly Token[], index: number): string {
	const code = visibleCode(contentOf(tokens, index));
	return `<pre><code>${escapeHtml(code)}</code></pre>\n`;
}

function contentOf(tokens: readonly Token[], index: number): string {
	return tokens[index]?.content ?? "";
}

function addressIn(
	tokens: readonly Token[],
	index: number,
	name: "href" | "src",
): string {
	return String(tokens[index]?.attrGet(name) ?? "");
}

function heading(tag = "h1"): string {
	return `h${Math.min(6, Number(tag.slice(1)) + headingOffset)}`;
}

export function renderMarkdown(source: string): Rendered {
	const tokens = markdown.parse(source, {});
	return {
		html: markdown.renderer.render(tokens, markdown.options, {}),
		codes: tokens
			.filter(({ type }) => type === "fence" || type === "code_block")
			.map(({ info, content }) => ({
				language: firstWord(info),
				code: content,
			})),
	};
}

/** A top-level block, and its code if it is a fenced code block. */
export interface TopBlock {
	readonly firstLine: number;
	readonly fence: CodeSource | undefined;
	/** Nested so deep that the parser would drop content. */
	readonly isDeep: boolean;
}

/** The parser stops at 100. */
const deepLevel = 50;

/** Parses block structure only, no inline Markdown: linear for any input. */
export function topBlocks(source: string): TopBlock[] {
	const tokens: Token[] = [];
	// Normalizing line endings keeps line numbers.
	const lines = source.replace(/\r\n?/g, "\n");
	markdown.block.parse(lines, markdown, {}, tokens);
	const blocks: TopBlock[] = [];
	for (const { level, nesting, map, type, info, content } of tokens) {
		const last = blocks.at(-1);
		if (level === 0 && nesting >= 0 && map) {
			const fence = { language: firstWord(info), code: content };
			blocks.push({
				firstLine: map[0],
				fence: type === "fence" ? fence : undefined,
				isDeep: false,
			});
		} else if (level >= deepLevel && last && !last.isDeep)
			blocks.splice(-1, 1, { ...last, isDeep: true });
	}
	return blocks;
}

function firstWord(info: string): string {
	return /^[^\s{,:]+/.exec(info.trim())?.[0] ?? "";
}
