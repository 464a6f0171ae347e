/** Highlights code in the editor's colors while the browser is idle. Until then, and if highlighting fails, code is plain. */

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
import { grammarOf, languageOf } from "./grammars.ts";

/** Longer blocks and lines stay plain: highlighting would take too long. */
const maxBlockChars = 100_000;
const maxLineChars = 2_000;

/** For a line; the rest of it is plain. */
const maxLineMs = 200;
/** The first block of a language compiles its regular expressions, once: on a busy machine that alone takes longer. */
const maxFirstLineMs = 5_000;

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
	/** Languages whose regular expressions are compiled. */
	readonly #compiled = new Set<string>();
	readonly #waiting = new Set<HTMLElement>();
	/** The code of each element. */
	readonly #sources = new WeakMap<HTMLElement, CodeSource>();
	#isScheduled = false;

	/** Highlights all code on the page again. */
	setTheme(theme: TokenTheme | null): void {
		this.#theme = theme;
		this.#core = undefined;
		this.#compiled.clear();
		this.#generation += 1;
		for (const code of document.querySelectorAll("code"))
			if (this.#sources.has(code)) this.#enqueue(code);
	}

	/** @param target an element whose text is this code. */
	highlight(target: HTMLElement, source: CodeSource): void {
		if (!isHighlighted(source.code) || !languageOf(source.language)) return;
		this.#sources.set(target, source);
		this.#enqueue(target);
	}

	#enqueue(target: HTMLElement): void {
		this.#waiting.add(target);
		if (!this.#isScheduled) this.#schedule();
	}

	#schedule(): void {
		this.#isScheduled = true;
		requestIdleCallback(() => void this.#next(), { timeout: 1_000 });
	}

	/** One block at a time, so that typing and streaming are not blocked. */
	async #next(): Promise<void> {
		const [target] = this.#waiting;
		if (target) {
			this.#waiting.delete(target);
			// Code that cannot be highlighted stays plain.
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
			tokenizeMaxLineLength: maxLineChars,
			tokenizeTimeLimit: this.#compiled.has(language)
				? maxLineMs
				: maxFirstLineMs,
		});
		this.#compiled.add(language);
		target.replaceChildren(...lines(tokens));
	}
}

function isHighlighted(code: string): boolean {
	return code.length <= maxBlockChars && !hasLongLine(code);
}

export function hasLongLine(code: string): boolean {
	for (let from = 0; from < code.length; ) {
		const end = code.indexOf("\n", from);
		const to = end < 0 ? code.length : end;
		if (to - from > maxLineChars) return true;
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

/** Sets properties one by one: the Content Security Policy forbids style attributes. */
function span({ content, color, fontStyle = 0 }: ThemedToken): Node {
	const made = element("span", {}, visibleCode(content));
	if (color) made.style.color = color;
	if (fontStyle > 0 && fontStyle & italic) made.style.fontStyle = "italic";
	if (fontStyle > 0 && fontStyle & bold) made.style.fontWeight = "bold";
	if (fontStyle > 0 && fontStyle & underline)
		made.style.textDecoration = "underline";
	return made;
}
