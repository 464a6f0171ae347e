/** The chat panel: creates its parts and routes messages to them. */

import { assertNever } from "../../base/assert.ts";
import type { ToChatView, ViewMessage } from "../../protocol/chatView.ts";
import { Highlighter } from "../answer/highlighter.ts";
import { Chips } from "../composer/chips.ts";
import { Composer } from "../composer/composer.ts";
import { TokenUsageLine } from "../composer/tokenUsageLine.ts";
import { Announcer } from "./announcer.ts";
import { ConversationView } from "./conversationView.ts";
import { button, element } from "./dom.ts";
import { HistoryView } from "./historyView.ts";
import type { Host } from "./host.ts";
import { messageHandlers } from "./messageHandlers.ts";
import { modelNotice } from "./modelNotice.ts";
import { NoticeLine } from "./noticeLine.ts";
import type { Strings } from "./strings.ts";

export class App {
	readonly #host: Host;
	readonly #strings: Strings;
	readonly #announcer = new Announcer();
	readonly #highlighter = new Highlighter();
	readonly #conversation: ConversationView;
	readonly #history: HistoryView;
	readonly #chips: Chips;
	readonly #tokens: TokenUsageLine;
	readonly #composer: Composer;
	readonly #notice: NoticeLine;
	readonly #model = element("div");
	readonly #title = element("h1");
	readonly #chat: HTMLElement;
	readonly #historyButton: HTMLButtonElement;
	#conversationId: string | undefined;
	/** The question that the input will replace. */
	#editedId: string | undefined;

	constructor(root: HTMLElement, host: Host, strings: Strings) {
		const { post } = host;
		this.#host = host;
		this.#strings = strings;
		this.#notice = new NoticeLine(strings);
		this.#conversation = new ConversationView({
			...messageHandlers(post, strings, this.#announcer),
			strings,
			highlighter: this.#highlighter,
			announcer: this.#announcer,
			onEdit: (message) => this.#edit(message),
		});
		this.#chips = new Chips(strings, (id) => post({ kind: "removeChip", id }));
		this.#tokens = new TokenUsageLine(strings);
		this.#composer = this.#makeComposer();
		this.#history = new HistoryView({
			strings,
			onSearch: (query, offset) => post({ kind: "openHistory", query, offset }),
			onOpen: (conversationId) => {
				post({ kind: "openConversation", conversationId });
				this.#showHistory(false);
			},
			onExport: (conversationId) =>
				post({ kind: "exportConversation", conversationId }),
			onDelete: (conversationId) =>
				post({ kind: "deleteConversation", conversationId }),
		});
		this.#chat = element(
			"div",
			{ class: "chat" },
			this.#conversation.element,
			this.#model,
			this.#notice.element,
			this.#chips.element,
			this.#composer.element,
			this.#tokens.element,
		);
		this.#historyButton = button({
			text: strings.get("history"),
			onClick: () => this.#showHistory(this.#history.element.hidden === true),
		});
		this.#historyButton.setAttribute("aria-pressed", "false");
		this.#title.textContent = strings.get("title");
		root.replaceChildren(
			this.#header(),
			element("main", {}, this.#chat, this.#history.element),
			this.#announcer.element,
		);
		this.#history.element.hidden = true;
		root.addEventListener("keydown", (event) => {
			// The suggestion list may have handled it.
			if (event.key === "Escape" && !event.defaultPrevented) this.#escape();
		});
	}

	onMessage(message: ToChatView): void {
		switch (message.kind) {
			case "strings":
				return;
			case "conversation":
				this.#conversationId = message.id;
				this.#title.textContent = message.title || this.#strings.get("title");
				this.#endEditing();
				this.#conversation.show(message);
				this.#onConversation();
				return;
			case "earlier":
				this.#conversation.prepend(message);
				return;
			case "chunk":
				this.#conversation.append(message);
				return;
			case "messageChanged":
				this.#conversation.change(message);
				this.#onConversation();
				return;
			case "model":
				this.#showModel(message);
				return;
			case "context":
				this.#chips.show(message.chips);
				return;
			case "tokens":
				this.#tokens.show(message);
				return;
			case "suggestions":
				this.#composer.showSuggestions(message);
				return;
			case "history":
				this.#history.show(message);
				return;
			case "theme":
				this.#highlighter.setTheme(message.theme);
				return;
			case "notice":
				this.#notice.show(message.text, message.severity);
				return;
			case "focusInput":
				this.#showHistory(false);
				if (message.text !== undefined) this.#composer.setText(message.text);
				this.#editedId = message.editedId ?? this.#editedId;
				this.#composer.focus();
				return;
			default:
				assertNever(message);
		}
	}

	#makeComposer(): Composer {
		const { post, keep, kept } = this.#host;
		return new Composer({
			strings: this.#strings,
			announcer: this.#announcer,
			draft: kept.draft,
			onSend: (text) => this.#send(text),
			onStop: () => post({ kind: "stop" }),
			onInput: (text) => {
				keep({ draft: text });
				post({ kind: "inputChanged", text });
			},
			onSuggest: ({ of, query }) => post({ kind: "suggest", of, query }),
			onChoose: (id) => post({ kind: "chooseSuggestion", id }),
			onEditLast: () => {
				const last = this.#conversation.messages.findLast(
					({ role }) => role === "user",
				);
				if (last && !this.#isStreaming) this.#edit(last);
			},
		});
	}

	get #isStreaming(): boolean {
		return this.#conversation.messages.at(-1)?.state === "streaming";
	}

	#header(): HTMLElement {
		const { post } = this.#host;
		const strings = this.#strings;
		return element(
			"header",
			{},
			this.#title,
			button({
				text: strings.get("new"),
				label: strings.get("newConversation"),
				onClick: () => {
					this.#showHistory(false);
					post({ kind: "newConversation" });
					this.#composer.focus();
				},
			}),
			this.#historyButton,
			button({
				text: strings.get("exportConversation"),
				onClick: () => {
					const conversationId = this.#conversationId;
					if (conversationId !== undefined)
						post({ kind: "exportConversation", conversationId });
				},
			}),
		);
	}

	#showHistory(isShown: boolean): void {
		if (isShown !== this.#history.element.hidden) return;
		this.#history.element.hidden = !isShown;
		this.#chat.hidden = isShown;
		this.#historyButton.setAttribute("aria-pressed", String(isShown));
		if (isShown) this.#history.open();
		else this.#composer.focus();
	}

	#onConversation(): void {
		this.#composer.setStreaming(this.#isStreaming);
	}

	#send(text: string): void {
		const messageId = this.#editedId;
		this.#endEditing();
		if (messageId === undefined) this.#host.post({ kind: "send", text });
		else this.#host.post({ kind: "edit", messageId, text });
	}

	#edit({ id, text }: ViewMessage): void {
		this.#editedId = id;
		this.#composer.setText(text);
		this.#composer.focus();
		this.#notice.show(this.#strings.get("editing"), "info");
	}

	#endEditing(): void {
		if (this.#editedId === undefined) return;
		this.#editedId = undefined;
		this.#notice.clear();
	}

	#escape(): void {
		if (!this.#history.element.hidden) this.#showHistory(false);
		else if (this.#editedId !== undefined) {
			this.#endEditing();
			this.#composer.setText("");
		} else if (this.#isStreaming) this.#host.post({ kind: "stop" });
	}

	#showModel({
		name,
		cannotChat,
	}: Extract<ToChatView, { kind: "model" }>): void {
		const choose = (id: string) => this.#host.post({ kind: "chooseOffer", id });
		this.#tokens.setModel(name);
		this.#composer.setCanSend(cannotChat === null);
		this.#model.replaceChildren(
			...(cannotChat ? [modelNotice(cannotChat, this.#strings, choose)] : []),
		);
	}
}
