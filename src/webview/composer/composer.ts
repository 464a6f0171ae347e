/** The input: a growing text field with completion, and the Send/Stop button. */

import type { ToChatView } from "../../protocol/chatView.ts";
import type { Announcer } from "../chat/announcer.ts";
import { button, element } from "../chat/dom.ts";
import type { Strings } from "../chat/strings.ts";
import { SuggestionList } from "./suggestionList.ts";
import { type Trigger, triggerAt } from "./trigger.ts";

export interface ComposerOptions {
	readonly strings: Strings;
	readonly announcer: Announcer;
	readonly draft: string;
	readonly onSend: (text: string) => void;
	readonly onStop: () => void;
	readonly onInput: (text: string) => void;
	readonly onSuggest: (trigger: Trigger) => void;
	readonly onChoose: (id: string) => void;
	/** Up arrow in an empty input. */
	readonly onEditLast: () => void;
}

export class Composer {
	readonly element: HTMLElement;
	readonly #options: ComposerOptions;
	readonly #input: HTMLTextAreaElement;
	readonly #send: HTMLButtonElement;
	readonly #suggestions: SuggestionList;
	#isStreaming = false;
	#canSend = true;
	/** The trigger that suggestions were requested for. */
	#trigger: Trigger | undefined;

	constructor(options: ComposerOptions) {
		const { strings, draft } = options;
		this.#options = options;
		this.#input = element("textarea", {
			rows: "1",
			"aria-label": strings.get("input"),
			placeholder: strings.get("placeholder"),
		});
		this.#send = button({
			text: strings.get("send"),
			className: "primary",
			onClick: () => (this.#isStreaming ? options.onStop() : this.#submit()),
		});
		this.#suggestions = new SuggestionList(
			this.#input,
			strings.get("suggestions"),
			({ id, insert }) => this.#choose(id, insert),
		);
		this.element = element(
			"div",
			{ class: "composer" },
			this.#suggestions.element,
			this.#input,
			this.#send,
		);
		this.#input.addEventListener("input", () => this.#onInput());
		this.#input.addEventListener("blur", () => this.#suggestions.close());
		this.#input.addEventListener("keydown", (event) => {
			// During IME composition, Enter confirms a word.
			if (!event.isComposing && this.#onKey(event)) event.preventDefault();
		});
		if (draft !== "") this.setText(draft);
		this.#showState();
	}

	setText(text: string): void {
		this.#input.value = text;
		this.#suggestions.close();
		this.#options.onInput(text);
		this.#showState();
	}

	focus(): void {
		const { length } = this.#input.value;
		this.#input.focus();
		this.#input.setSelectionRange(length, length);
	}

	setStreaming(isStreaming: boolean): void {
		this.#isStreaming = isStreaming;
		this.#showState();
	}

	setCanSend(canSend: boolean): void {
		this.#canSend = canSend;
		this.#showState();
	}

	showSuggestions({
		query,
		items,
	}: Extract<ToChatView, { kind: "suggestions" }>): void {
		if (this.#trigger?.query !== query) return;
		this.#suggestions.show(items);
		const { announcer, strings } = this.#options;
		if (items.length > 0)
			announcer.say(strings.get("suggestionCount", { count: items.length }));
	}

	#showState(): void {
		const { strings } = this.#options;
		this.#send.textContent = strings.get(this.#isStreaming ? "stop" : "send");
		const isEmpty = this.#input.value.trim() === "";
		this.#send.disabled = !this.#isStreaming && (isEmpty || !this.#canSend);
	}

	#onInput(): void {
		const { value, selectionStart } = this.#input;
		this.#showState();
		this.#options.onInput(value);
		this.#trigger = triggerAt(value, selectionStart);
		if (this.#trigger) this.#options.onSuggest(this.#trigger);
		else this.#suggestions.close();
	}

	/** @returns whether the key was handled. */
	#onKey({ key, shiftKey }: KeyboardEvent): boolean {
		if (!shiftKey && this.#suggestions.onKey(key)) return true;
		if (key === "Enter" && !shiftKey) this.#submit();
		else if (key === "ArrowUp" && this.#input.value === "")
			this.#options.onEditLast();
		else return false;
		return true;
	}

	#submit(): void {
		const text = this.#input.value.trim();
		if (text === "" || !this.#canSend || this.#isStreaming) return;
		this.setText("");
		this.#options.onSend(text);
	}

	#choose(id: string, insert: string): void {
		const { value, selectionStart } = this.#input;
		const from = this.#trigger?.from ?? selectionStart;
		this.#suggestions.close();
		this.#input.setRangeText(insert, from, selectionStart, "end");
		if (value !== this.#input.value) this.#onInput();
		this.#options.onChoose(id);
	}
}
