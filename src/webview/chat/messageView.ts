/** One message: its author, attachments, text and actions. */

import type { SegmentKind } from "../../protocol/chat.ts";
import type { ViewMessage } from "../../protocol/chatView.ts";
import { AnswerText, type AnswerTextOptions } from "../answer/answerText.ts";
import { plainText } from "../answer/plainText.ts";
import { visibleProse } from "../markdown/visible.ts";
import { button, element } from "./dom.ts";

interface MessageActions {
	readonly onCopy: (message: ViewMessage) => void;
	readonly onRegenerate: (message: ViewMessage) => void;
	readonly onEdit: (message: ViewMessage) => void;
	readonly onBranch: (message: ViewMessage, offset: -1 | 1) => void;
}

export interface MessageViewOptions extends AnswerTextOptions, MessageActions {}

export class MessageView {
	readonly element: HTMLElement;
	readonly #options: MessageViewOptions;
	readonly #reasoningText = element("div", { class: "reasoning-text" });
	readonly #reasoning: HTMLDetailsElement;
	readonly #body = element("div", { class: "body" });
	readonly #foot = element("div", { class: "message-foot" });
	#answer: AnswerText | undefined;
	#message: ViewMessage;

	constructor(message: ViewMessage, options: MessageViewOptions) {
		const { strings } = options;
		this.#options = options;
		this.#message = message;
		this.#reasoning = element(
			"details",
			{ class: "reasoning" },
			element("summary", {}, strings.get("reasoning")),
			this.#reasoningText,
		);
		const isQuestion = message.role === "user";
		this.element = element(
			"article",
			{ class: `message ${message.role}`, "data-id": message.id },
			element("h2", {}, strings.get(isQuestion ? "you" : "answer")),
			...this.#attached(),
			this.#reasoning,
			this.#body,
			this.#foot,
		);
		this.#showReasoning();
		this.#showText();
		this.#showFoot();
	}

	get message(): ViewMessage {
		return this.#message;
	}

	append(segment: SegmentKind, text: string): void {
		const message = this.#message;
		if (segment === "textWasReasoning") {
			const reasoning = message.reasoning + message.text;
			this.change({ ...message, reasoning, text: "" });
			return;
		}
		if (segment === "reasoning") {
			this.#message = { ...message, reasoning: message.reasoning + text };
			this.#reasoningText.append(visibleProse(text));
			this.#reasoning.hidden = false;
			return;
		}
		this.#message = { ...message, text: message.text + text };
		this.#answer?.append(text);
	}

	/** Updates the message to a later state; rendered blocks stay on the page. */
	change(message: ViewMessage): void {
		const before = this.#message;
		this.#message = message;
		if (message.reasoning !== before.reasoning) this.#showReasoning();
		const isLonger = message.text.startsWith(before.text);
		if (this.#answer && isLonger && before.state === "streaming") {
			if (message.text.length > before.text.length)
				this.#answer.append(message.text.slice(before.text.length));
			if (message.state !== "streaming") this.#answer.complete();
		} else if (message.text !== before.text) this.#showText();
		this.#showFoot();
	}

	/** Only the last answer can be regenerated. */
	setLast(isLast: boolean): void {
		this.element.classList.toggle("last", isLast);
	}

	dispose(): void {
		this.#answer?.dispose();
		this.element.remove();
	}

	#attached(): Node[] {
		const { attached } = this.#message;
		if (attached.length === 0) return [];
		const label = this.#options.strings.get("attached");
		return [
			element(
				"ul",
				{ class: "chips", "aria-label": label },
				...attached.map(({ label, kind }) =>
					element("li", { class: `chip ${kind}` }, label),
				),
			),
		];
	}

	#showReasoning(): void {
		const { reasoning } = this.#message;
		this.#reasoningText.replaceChildren(plainText(reasoning, visibleProse));
		this.#reasoning.hidden = reasoning === "";
	}

	#showText(): void {
		const { role, text, state } = this.#message;
		this.#answer?.dispose();
		if (role === "user") {
			this.#body.replaceChildren(plainText(text, visibleProse));
			return;
		}
		this.#answer = new AnswerText(text, state !== "streaming", this.#options);
		this.#body.replaceChildren(this.#answer.element);
	}

	#showFoot(): void {
		const { strings } = this.#options;
		const { state, error } = this.#message;
		this.element.setAttribute("aria-busy", String(state === "streaming"));
		const status =
			state === "streaming"
				? strings.get("streaming")
				: state === "stopped"
					? strings.get("stopped")
					: state === "failed"
						? (error ?? strings.get("failed"))
						: undefined;
		this.#foot.replaceChildren(
			...(status ? [element("p", { class: `status ${state}` }, status)] : []),
			...(state === "streaming" ? [] : [this.#actions()]),
		);
	}

	#actions(): HTMLElement {
		const { strings, onCopy, onRegenerate, onEdit } = this.#options;
		const message = () => this.#message;
		const isQuestion = this.#message.role === "user";
		return element(
			"div",
			{ class: "actions" },
			...this.#branch(),
			button({
				text: strings.get("copy"),
				label: strings.get("copyMessage"),
				onClick: () => onCopy(message()),
			}),
			isQuestion
				? button({
						text: strings.get("edit"),
						onClick: () => onEdit(message()),
					})
				: button({
						text: strings.get("regenerate"),
						className: "regenerate",
						onClick: () => onRegenerate(message()),
					}),
		);
	}

	#branch(): Node[] {
		const { strings, onBranch } = this.#options;
		const { branch } = this.#message;
		if (!branch || branch.count < 2) return [];
		const step = (text: string, label: string, offset: -1 | 1) => {
			const made = button({
				text,
				label,
				onClick: () => onBranch(this.#message, offset),
			});
			const target = branch.index + offset;
			made.disabled = target < 0 || target >= branch.count;
			return made;
		};
		const index = branch.index + 1;
		return [
			step("\u2039", strings.get("previousBranch"), -1),
			element(
				"span",
				{},
				strings.get("branch", { index, count: branch.count }),
			),
			step("\u203a", strings.get("nextBranch"), 1),
		];
	}
}
