/** The messages of a conversation: the newest ones, and earlier ones on demand. */

import type { ToChatView, ViewMessage } from "../../protocol/chatView.ts";
import { SentenceReader } from "../markdown/sentences.ts";
import type { Announcer } from "./announcer.ts";
import { button, element } from "./dom.ts";
import { MessageView, type MessageViewOptions } from "./messageView.ts";
import { stickToBottom } from "./stickToBottom.ts";

type Message<Kind extends ToChatView["kind"]> = Extract<
	ToChatView,
	{ kind: Kind }
>;

export interface ConversationOptions extends MessageViewOptions {
	readonly announcer: Announcer;
	readonly onEarlier: (beforeId: string) => void;
}

/** The limit of messages on the page while the user is at the end. */
const maxMessages = 40;

export class ConversationView {
	readonly element: HTMLElement;
	readonly #options: ConversationOptions;
	readonly #list = element("div", { class: "messages" });
	readonly #content: HTMLElement;
	readonly #earlier: HTMLButtonElement;
	readonly #empty: HTMLElement;
	readonly #scroll: ReturnType<typeof stickToBottom>;
	#views: MessageView[] = [];
	#reader = new SentenceReader();

	constructor(options: ConversationOptions) {
		const { strings, onEarlier } = options;
		this.#options = options;
		this.#earlier = button({
			text: strings.get("earlier"),
			className: "earlier",
			onClick: () => {
				const [first] = this.#views;
				if (first) onEarlier(first.message.id);
			},
		});
		this.#earlier.hidden = true;
		this.#empty = element("p", { class: "empty" }, strings.get("empty"));
		this.#content = element("div", {}, this.#empty, this.#earlier, this.#list);
		this.element = element(
			"section",
			{
				class: "conversation",
				"aria-label": strings.get("conversation"),
				// A scrollable region must be focusable.
				tabindex: "0",
			},
			this.#content,
		);
		this.#scroll = stickToBottom(this.element, this.#content);
	}

	get messages(): readonly ViewMessage[] {
		return this.#views.map(({ message }) => message);
	}

	show({ messages, hasEarlier }: Message<"conversation">): void {
		for (const view of this.#views) view.dispose();
		this.#reader = new SentenceReader();
		this.#views = messages.map((message) => this.#make(message));
		this.#list.append(...this.#views.map(({ element }) => element));
		this.#earlier.hidden = !hasEarlier;
		this.#onChange();
		this.#scroll.jump();
	}

	/** Keeps the scroll position of what is visible. */
	prepend({ beforeId, messages, hasEarlier }: Message<"earlier">): void {
		if (this.#views[0]?.message.id !== beforeId) return;
		const heightBefore = this.element.scrollHeight;
		const views = messages.map((message) => this.#make(message));
		this.#list.prepend(...views.map(({ element }) => element));
		this.#views = [...views, ...this.#views];
		this.#earlier.hidden = !hasEarlier;
		this.element.scrollTop += this.element.scrollHeight - heightBefore;
		if (!hasEarlier) this.element.focus();
	}

	append({ messageId, segment, text }: Message<"chunk">): void {
		const view = this.#find(messageId);
		if (!view) return;
		view.append(segment, text);
		if (segment === "text")
			this.#announce(this.#reader.read(text, this.#codeWord));
	}

	change({ message }: Message<"messageChanged">): void {
		const view = this.#find(message.id);
		if (view) {
			this.#announceEnd(view.message, message);
			view.change(message);
		} else {
			const made = this.#make(message);
			this.#views.push(made);
			this.#list.append(made.element);
			this.#reader = new SentenceReader();
			this.#dropEarliest();
		}
		this.#onChange();
		if (message.role === "user") this.#scroll.jump();
	}

	get #codeWord(): string {
		return this.#options.strings.get("codeSkipped");
	}

	#find(id: string): MessageView | undefined {
		return this.#views.findLast(({ message }) => message.id === id);
	}

	#make(message: ViewMessage): MessageView {
		return new MessageView(message, this.#options);
	}

	#announceEnd(before: ViewMessage, { state, error }: ViewMessage): void {
		if (before.state !== "streaming" || state === "streaming") return;
		const { strings } = this.#options;
		this.#announce(this.#reader.end(this.#codeWord));
		this.#announce([
			state === "complete"
				? strings.get("answerFinished")
				: state === "stopped"
					? strings.get("stopped")
					: (error ?? strings.get("failed")),
		]);
	}

	#announce(sentences: readonly string[]): void {
		this.#options.announcer.say(...sentences);
	}

	#dropEarliest(): void {
		if (!this.#scroll.isAtBottom()) return;
		const tooMany = Math.max(0, this.#views.length - maxMessages);
		for (const view of this.#views.splice(0, tooMany)) view.dispose();
		if (tooMany > 0) this.#earlier.hidden = false;
	}

	#onChange(): void {
		this.#empty.hidden = this.#views.length > 0;
		const last = this.#views.at(-1);
		for (const view of this.#views) view.setLast(view === last);
	}
}
