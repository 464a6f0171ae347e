/** Renders an answer: finished blocks once, open ones at most once per frame. */

import { element } from "../chat/dom.ts";
import { type Block, splitBlocks } from "../markdown/blocks.ts";
import { renderMarkdown } from "../markdown/render.ts";
import { visibleProse } from "../markdown/visible.ts";
import { CodeBlockView, type CodeBlockViewOptions } from "./codeBlockView.ts";
import { plainText } from "./plainText.ts";
import { sanitized } from "./sanitize.ts";

interface BlockView {
	readonly block: Block;
	readonly element: HTMLElement;
	readonly codes: readonly CodeBlockView[];
}

export interface AnswerTextOptions extends CodeBlockViewOptions {
	readonly onLink: (href: string) => void;
}

/** The pause after rendering, as a multiple of its duration: rendering takes at most a fifth of the time, however long the open block is. */
const pausePerRender = 4;

export class AnswerText {
	readonly element = element("div", { class: "answer" });
	readonly #options: AnswerTextOptions;
	/** The source of the open blocks. */
	#openText = "";
	#open: readonly BlockView[] = [];
	#frame: number | undefined;
	#nextRenderMs = 0;

	constructor(text: string, isComplete: boolean, options: AnswerTextOptions) {
		this.#options = options;
		this.#openText = text;
		this.#render();
		if (isComplete) this.complete();
	}

	append(text: string): void {
		this.#openText += text;
		this.#frame ??= requestAnimationFrame((nowMs) => this.#onFrame(nowMs));
	}

	/** The answer is complete. */
	complete(): void {
		this.dispose();
		this.#render();
		for (const view of this.#open) finish(view);
		this.#open = [];
		this.#openText = "";
	}

	dispose(): void {
		if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
		this.#frame = undefined;
	}

	#onFrame(nowMs: number): void {
		if (nowMs < this.#nextRenderMs) {
			this.#frame = requestAnimationFrame((ms) => this.#onFrame(ms));
			return;
		}
		this.#frame = undefined;
		const startMs = performance.now();
		this.#render();
		const tookMs = performance.now() - startMs;
		this.#nextRenderMs = nowMs + tookMs * pausePerRender;
	}

	#render(): void {
		const { finished, open, openFrom } = splitBlocks(this.#openText);
		this.#openText = this.#openText.slice(openFrom);
		const before = this.#open;
		const views = [...finished, ...open].map((block, index) => {
			const old = before[index];
			const reused = old && this.#reuse(old, block);
			if (reused) return reused;
			const made = this.#make(block);
			if (old) old.element.replaceWith(made.element);
			else this.element.append(made.element);
			return made;
		});
		for (const { element } of before.slice(views.length)) element.remove();
		for (const view of views.slice(0, finished.length)) finish(view);
		this.#open = views.slice(finished.length);
	}

	/** The old view if it can show the block, updated if necessary. */
	#reuse(old: BlockView, block: Block): BlockView | undefined {
		if (block.kind === "code" && old.block.kind === "code")
			return old.codes[0]?.grow(block) ? { ...old, block } : undefined;
		const isSame =
			block.kind !== "code" &&
			block.kind === old.block.kind &&
			block.source === old.block.source;
		return isSame ? old : undefined;
	}

	#make(block: Block): BlockView {
		if (block.kind === "code") {
			const code = new CodeBlockView(block, this.#options);
			return { block, element: code.element, codes: [code] };
		}
		const { source } = block;
		if (block.kind === "plain") {
			const text = plainText(source, visibleProse);
			const made = element("div", { class: "block plain" }, text);
			return { block, element: made, codes: [] };
		}
		const made = element("div", { class: "block" });
		return { block, element: made, codes: this.#fill(made, source) };
	}

	#fill(target: HTMLElement, source: string): CodeBlockView[] {
		const { html, codes } = renderMarkdown(source);
		target.append(sanitized(html));
		for (const link of target.querySelectorAll("a")) this.#disarm(link);
		for (const table of target.querySelectorAll("table")) scrollable(table);
		return [...target.querySelectorAll("pre")].flatMap((pre, index) => {
			const code = codes[index];
			if (!code) return [];
			const made = new CodeBlockView(code, this.#options);
			pre.replaceWith(made.element);
			return [made];
		});
	}

	/** Removes the address: VS Code would open it without asking. A click posts it to the host instead. */
	#disarm(link: HTMLAnchorElement): void {
		const href = link.getAttribute("href") ?? "";
		link.removeAttribute("href");
		if (href === "") return;
		link.setAttribute("role", "link");
		link.tabIndex = 0;
		link.title = this.#options.strings.get("linkTo", { address: href });
		link.addEventListener("click", () => this.#options.onLink(href));
		link.addEventListener("keydown", ({ key }) => {
			if (key === "Enter") this.#options.onLink(href);
		});
	}
}

function scrollable(table: HTMLTableElement): void {
	const frame = element("div", { class: "table", tabindex: "0" });
	table.replaceWith(frame);
	frame.append(table);
}

function finish({ codes }: BlockView): void {
	for (const code of codes) code.finish();
}
