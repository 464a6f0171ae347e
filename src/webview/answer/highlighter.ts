/** Code in the colours of the editor, when the browser is idle. Without a highlighter, or while it has not come, code is plain and complete. */

import {
	createCssVariablesTheme,
	createHighlighterCore,
	type HighlighterCore,
	type ThemedToken,
} from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import type { TokenTheme } from "../../protocol/chatView.ts";
import { element } from "../chat/dom.ts";
import type { CodeSource } from "../markdown/render.ts";
import { visibleCode } from "../markdown/visible.ts";
import { grammarOf, languageOf } from "./languages.ts";

/** Characters of a block and of a line. Beyond them colours would cost more than they tell. */
const highlightedLength = 100_000;
const highlightedLineLength = 2_000;

/** Bits of shiki's font styles. */
const italic = 1;
const bold = 2;
const underline = 4;

const ownTheme = createCssVariablesTheme({
	name: "own",
	variablePrefix: "--code-",
});

export class Highlighter {
	#core: Promise<HighlighterCore> | undefined;
	#theme: TokenTheme | null = null;
	#generation = 0;
	readonly #waiting = new Set<HTMLElement>();
	/** What stands in each element. It goes with the element. */
	readonly #sources = new WeakMap<HTMLElement, CodeSource>();
	#isScheduled = false;

	/** All code on the page takes the colours of the new theme. */
	setTheme(theme: TokenTheme | null): void {
		this.#theme = theme;
		this.#core = undefined;
		this.#generation += 1;
		for (const code of document.querySelectorAll("code"))
			if (this.#sources.has(code)) this.#wait(code);
	}

	/** Colours an element whose text is this code. */
	highlight(target: HTMLElement, source: CodeSource): void {
		if (!isHighlighted(source.code) || !languageOf(source.language)) return;
		this.#sources.set(target, source);
		this.#wait(target);
	}

	#wait(target: HTMLElement): void {
		this.#waiting.add(target);
		if (!this.#isScheduled) this.#schedule();
	}

	#schedule(): void {
		this.#isScheduled = true;
		requestIdleCallback(() => void this.#next(), { timeout: 1_000 });
	}

	/** One block at a time: typing and streaming go between. */
	async #next(): Promise<void> {
		const [target] = this.#waiting;
		if (target) {
			this.#waiting.delete(target);
			// What cannot be coloured stays plain.
			if (target.isConnected) await this.#color(target).catch(() => {});
		}
		this.#isScheduled = false;
		if (this.#waiting.size > 0) this.#schedule();
	}

	async #color(target: HTMLElement): Promise<void> {
		const source = this.#sources.get(target);
		const language = languageOf(source?.language ?? "");
		if (!source || !language) return;
		const generation = this.#generation;
		this.#core ??= createCore(this.#theme);
		const core = await this.#core;
		await core.loadLanguage(await grammarOf(language));
		if (generation !== this.#generation) return;
		const { tokens } = core.codeToTokens(source.code, {
			lang: language,
			theme: "own",
			tokenizeMaxLineLength: highlightedLineLength,
			tokenizeTimeLimit: 200,
		});
		target.replaceChildren(...lines(tokens));
	}
}

function isHighlighted(code: string): boolean {
	return code.length <= highlightedLength && !hasLongLine(code);
}

export function hasLongLine(code: string): boolean {
	for (let from = 0; from < code.length; ) {
		const end = code.indexOf("\n", from);
		const to = end < 0 ? code.length : end;
		if (to - from > highlightedLineLength) return true;
		from = to + 1;
	}
	return false;
}

async function createCore(theme: TokenTheme | null): Promise<HighlighterCore> {
	return createHighlighterCore({
		engine: createJavaScriptRegexEngine({ forgiving: true }),
		themes: [
			theme
				? {
						name: "own",
						type: theme.type,
						colors: theme.colors,
						settings: [...theme.tokenColors],
					}
				: ownTheme,
		],
		langs: [],
	});
}

function lines(tokens: readonly (readonly ThemedToken[])[]): Node[] {
	return tokens.flatMap((line, index) => [
		...(index > 0 ? [document.createTextNode("\n")] : []),
		...line.map(span),
	]);
}

/** Styles are set one by one: the page's policy allows no attribute of styles. */
function span({ content, color, fontStyle = 0 }: ThemedToken): Node {
	const made = element("span", {}, visibleCode(content));
	if (color) made.style.color = color;
	if (fontStyle > 0 && fontStyle & italic) made.style.fontStyle = "italic";
	if (fontStyle > 0 && fontStyle & bold) made.style.fontWeight = "bold";
	if (fontStyle > 0 && fontStyle & underline)
		made.style.textDecoration = "underline";
	return made;
}
