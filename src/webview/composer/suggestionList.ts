/** The completion list for `#` and `/`; the focus stays in the input. */

import type { InputSuggestion } from "../../protocol/chatView.ts";
import { element, uniqueId } from "../chat/dom.ts";

export class SuggestionList {
	readonly element: HTMLUListElement;
	readonly #input: HTMLTextAreaElement;
	readonly #onChoose: (suggestion: InputSuggestion) => void;
	#items: readonly InputSuggestion[] = [];
	#active = 0;

	constructor(
		input: HTMLTextAreaElement,
		label: string,
		onChoose: (suggestion: InputSuggestion) => void,
	) {
		this.#input = input;
		this.#onChoose = onChoose;
		this.element = element("ul", {
			class: "suggestions",
			id: uniqueId("suggestions"),
			role: "listbox",
			"aria-label": label,
		});
		this.element.hidden = true;
		// ARIA allows `combobox`, and with it `aria-expanded`, for single-line fields only.
		input.setAttribute("aria-autocomplete", "list");
		input.setAttribute("aria-haspopup", "listbox");
		input.setAttribute("aria-controls", this.element.id);
	}

	get isOpen(): boolean {
		return !this.element.hidden;
	}

	show(items: readonly InputSuggestion[]): void {
		this.#items = items;
		this.element.replaceChildren(...items.map((item) => this.#option(item)));
		this.element.hidden = items.length === 0;
		this.#activate(0);
	}

	close(): void {
		this.show([]);
	}

	/** @returns whether the list handled the key. */
	onKey(key: string): boolean {
		if (!this.isOpen) return false;
		const count = this.#items.length;
		if (key === "ArrowDown") this.#activate((this.#active + 1) % count);
		else if (key === "ArrowUp")
			this.#activate((this.#active + count - 1) % count);
		else if (key === "Escape") this.close();
		else if (key === "Enter" || key === "Tab") {
			const chosen = this.#items[this.#active];
			if (chosen) this.#onChoose(chosen);
		} else return false;
		return true;
	}

	#option(item: InputSuggestion): HTMLLIElement {
		const option = element(
			"li",
			{ role: "option", id: uniqueId("suggestion"), "aria-selected": "false" },
			element("span", { class: "label" }, item.label),
			" ",
			element("span", { class: "detail" }, item.detail),
		);
		// `mousedown`, because a click would take the focus from the input.
		option.addEventListener("mousedown", (event) => {
			event.preventDefault();
			this.#onChoose(item);
		});
		return option;
	}

	#activate(index: number): void {
		this.#active = index;
		this.#input.removeAttribute("aria-activedescendant");
		[...this.element.children].forEach((option, at) => {
			option.setAttribute("aria-selected", String(at === index));
			if (at !== index) return;
			this.#input.setAttribute("aria-activedescendant", option.id);
			option.scrollIntoView({ block: "nearest" });
		});
	}
}
