/** One sentence of the host above the input, until it is dismissed. */

import { button, element } from "./dom.ts";
import type { Words } from "./words.ts";

export class NoticeLine {
	/** Heard when it changes, so it stays on the page while it is empty. */
	readonly element = element("div", { class: "notice", role: "status" });
	readonly #words: Words;

	constructor(words: Words) {
		this.#words = words;
	}

	show(text: string, severity: "info" | "error"): void {
		this.element.className = `notice ${severity}`;
		this.element.replaceChildren(
			element("span", {}, text),
			button({
				text: "\u00d7",
				label: this.#words.say("dismiss"),
				onClick: () => this.clear(),
			}),
		);
	}

	clear(): void {
		this.element.replaceChildren();
	}
}
