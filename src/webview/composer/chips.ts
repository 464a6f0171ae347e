/** The chips with the context of the next question. */

import type { ContextChip } from "../../protocol/chatView.ts";
import { button, element } from "../chat/dom.ts";
import type { Strings } from "../chat/strings.ts";

export class Chips {
	readonly element: HTMLUListElement;
	readonly #strings: Strings;
	readonly #onRemove: (id: string) => void;

	constructor(strings: Strings, onRemove: (id: string) => void) {
		this.#strings = strings;
		this.#onRemove = onRemove;
		this.element = element("ul", {
			class: "chips",
			"aria-label": strings.get("context"),
		});
		this.element.hidden = true;
	}

	show(chips: readonly ContextChip[]): void {
		const focused = [...this.element.children].findIndex((it) =>
			it.contains(document.activeElement),
		);
		this.element.replaceChildren(...chips.map((chip) => this.#chip(chip)));
		this.element.hidden = chips.length === 0;
		// After a removal, the focus moves to the next chip.
		const buttons = [...this.element.querySelectorAll("button")];
		if (focused >= 0) (buttons[focused] ?? buttons.at(-1))?.focus();
	}

	#chip({ id, label, kind, tokens, removable }: ContextChip): HTMLLIElement {
		const strings = this.#strings;
		const title =
			tokens === null ? label : strings.get("chipTokens", { label, tokens });
		const made = element(
			"li",
			{ class: `chip ${kind}`, title },
			element("span", {}, label),
		);
		if (removable) {
			const remove = button({
				text: "\u00d7",
				label: strings.get("removeChip", { label }),
				onClick: () => this.#onRemove(id),
			});
			made.append(remove);
		}
		return made;
	}
}
