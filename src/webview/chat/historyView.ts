/** The conversation history: search, open, export, delete. */

import type { HistoryEntry, ToChatView } from "../../protocol/chatView.ts";
import { button, element } from "./dom.ts";
import type { Strings } from "./strings.ts";

export interface HistoryOptions {
	readonly strings: Strings;
	readonly onSearch: (query: string, offset: number) => void;
	readonly onOpen: (id: string) => void;
	readonly onExport: (id: string) => void;
	readonly onDelete: (id: string) => void;
}

export class HistoryView {
	readonly element: HTMLElement;
	readonly #options: HistoryOptions;
	readonly #search: HTMLInputElement;
	readonly #list = element("ul", { class: "history-list" });
	readonly #none: HTMLElement;
	readonly #more: HTMLButtonElement;

	constructor(options: HistoryOptions) {
		const { strings, onSearch } = options;
		this.#options = options;
		const label = strings.get("searchHistory");
		this.#search = element("input", {
			type: "search",
			"aria-label": label,
			placeholder: label,
		});
		this.#search.addEventListener("input", () =>
			onSearch(this.#search.value, 0),
		);
		this.#none = element("p", { role: "status" });
		this.#more = button({
			text: strings.get("moreConversations"),
			onClick: () => onSearch(this.#search.value, this.#list.childElementCount),
		});
		this.#more.hidden = true;
		this.element = element(
			"section",
			{ class: "history", "aria-label": strings.get("history") },
			this.#search,
			this.#none,
			this.#list,
			this.#more,
		);
	}

	open(): void {
		this.#search.value = "";
		this.#search.focus();
		this.#options.onSearch("", 0);
	}

	show({
		query,
		offset,
		entries,
		hasMore,
	}: Extract<ToChatView, { kind: "history" }>): void {
		// Drop a page of an outdated search, or a duplicate.
		if (query !== this.#search.value) return;
		if (offset === 0) this.#list.replaceChildren();
		else if (offset !== this.#list.childElementCount) return;
		this.#list.append(...entries.map((entry) => this.#entry(entry)));
		this.#more.hidden = !hasMore;
		this.#updateEmptyNote();
	}

	#updateEmptyNote(): void {
		const isEmpty = this.#list.childElementCount === 0;
		const { strings } = this.#options;
		this.#none.textContent = isEmpty ? strings.get("noConversations") : "";
	}

	#entry(entry: HistoryEntry): HTMLLIElement {
		const { strings, onOpen, onExport } = this.#options;
		const { id, title, changedAtMs, excerpt } = entry;
		const item = element("li");
		const ask = (): void => this.#confirm(item, entry);
		const remove = button({
			text: strings.get("delete"),
			label: strings.get("deleteNamed", { title }),
			onClick: ask,
		});
		item.append(
			button({ text: title, className: "open", onClick: () => onOpen(id) }),
			element("span", { class: "detail" }, strings.date(changedAtMs)),
			element("p", { class: "excerpt" }, excerpt),
			element(
				"div",
				{ class: "actions" },
				button({
					text: strings.get("exportConversation"),
					label: strings.get("exportNamed", { title }),
					onClick: () => onExport(id),
				}),
				remove,
			),
		);
		return item;
	}

	/** Replaces the entry by a confirmation, with the focus on Cancel. */
	#confirm(item: HTMLLIElement, entry: HistoryEntry): void {
		const { strings, onDelete } = this.#options;
		const back = (): void => {
			const restored = this.#entry(entry);
			item.replaceWith(restored);
			restored.querySelector("button")?.focus();
		};
		const cancel = button({ text: strings.get("cancel"), onClick: back });
		const remove = button({
			text: strings.get("delete"),
			label: strings.get("deleteNamed", { title: entry.title }),
			onClick: () => {
				onDelete(entry.id);
				item.remove();
				this.#updateEmptyNote();
				this.#search.focus();
			},
		});
		const question = `${entry.title}: ${strings.get("deleteConfirm")}`;
		item.replaceChildren(
			element(
				"div",
				{ role: "group", "aria-label": question },
				element("p", {}, question),
				element("div", { class: "actions" }, cancel, remove),
			),
		);
		cancel.focus();
	}
}
