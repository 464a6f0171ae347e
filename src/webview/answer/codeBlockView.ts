/** A code block of an answer: its text and actions. */

import { button, element } from "../chat/dom.ts";
import type { Strings } from "../chat/strings.ts";
import type { CodeSource } from "../markdown/render.ts";
import { visibleCode } from "../markdown/visible.ts";
import { type Highlighter, hasLongLine } from "./highlighter.ts";
import { plainText } from "./plainText.ts";

type CodeAction = "copy" | "insert" | "apply" | "newFile";

export interface CodeBlockViewOptions {
	readonly strings: Strings;
	readonly highlighter: Highlighter;
	/** Identifies the block by its element, because its index depends on the blocks before it. */
	readonly onAction: (
		action: CodeAction,
		block: HTMLElement,
		source: CodeSource,
	) => void;
}

export class CodeBlockView {
	readonly element: HTMLElement;
	readonly #code = element("code");
	readonly #pre = element("pre", { tabindex: "0" }, this.#code);
	readonly #highlighter: Highlighter;
	readonly #buttons: readonly HTMLButtonElement[];
	#source: CodeSource;

	constructor(source: CodeSource, options: CodeBlockViewOptions) {
		const { strings, onAction } = options;
		this.#highlighter = options.highlighter;
		this.#source = source;
		const { language } = source;
		const label =
			language === ""
				? strings.get("code")
				: strings.get("codeIn", { language });
		this.#pre.setAttribute("role", "group");
		this.#pre.setAttribute("aria-label", label);
		const action = (name: CodeAction, text: string, title: string) =>
			button({
				text,
				label: title,
				onClick: () => onAction(name, this.element, this.#source),
			});
		this.#buttons = [
			action("copy", strings.get("copy"), strings.get("copyCode")),
			action("insert", strings.get("insert"), strings.get("insertCode")),
			action("apply", strings.get("apply"), strings.get("applyCode")),
			action("newFile", strings.get("newFile"), strings.get("newFileCode")),
		];
		// Incomplete code must not be applied.
		for (const made of this.#buttons) made.disabled = true;
		this.element = element(
			"div",
			{ class: "code-block" },
			element(
				"div",
				{ class: "code-actions" },
				element("span", { class: "language" }, language),
				...this.#buttons,
			),
			this.#pre,
		);
		this.#show(source.code);
	}

	/** @returns false if the source is no extension of this block. */
	grow(source: CodeSource): boolean {
		const { language, code } = this.#source;
		if (source.language !== language || !source.code.startsWith(code))
			return false;
		if (source.code !== code) this.#show(source.code);
		this.#source = source;
		return true;
	}

	/** The block is complete: enables its actions and highlights it. */
	finish(): void {
		for (const made of this.#buttons) made.disabled = false;
		const { code, language } = this.#source;
		this.#highlighter.highlight(this.#code, {
			language,
			code: withoutLastLineEnd(code),
		});
	}

	#show(code: string): void {
		this.#pre.classList.toggle("long", hasLongLine(code));
		this.#code.replaceChildren(
			plainText(withoutLastLineEnd(code), visibleCode),
		);
	}
}

function withoutLastLineEnd(code: string): string {
	return code.endsWith("\n") ? code.slice(0, -1) : code;
}
