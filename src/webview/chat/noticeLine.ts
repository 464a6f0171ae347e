/** A notice of the host above the input, until it is dismissed. */

import { button, element } from "./dom.ts";
import type { Strings } from "./strings.ts";

export class NoticeLine {
	/** A live region, which must be on the page before it changes. */
	readonly element = element("div", { class: "notice", role: "status" });
	readonly #strings: Strings;

	constructor(strings: Strings) {
		this.#strings = strings;
	}

	show(text: string, severity: "info" | "error"): void {
		this.element.className = `notice ${severity}`;
		this.element.replaceChildren(
			element("span", {}, text),
			button({
				text: "\u00d7",
				label: this.#strings.get("dismiss"),
				onClick: () => this.clear(),
			}),
		);
	}

	clear(): void {
		this.element.replaceChildren();
	}
}
