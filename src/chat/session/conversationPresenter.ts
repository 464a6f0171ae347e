/** Posts the current conversation to the view: all of it, or only the messages that changed. */

import type { Conversation } from "../../protocol/conversation.ts";
import type { Describe, PostToView } from "../chatPorts.ts";
import { findMessage, visiblePath } from "../conversation/conversation.ts";
import type { CurrentConversation } from "../conversation/currentConversation.ts";
import { messagePage, viewMessage } from "../conversation/viewMessages.ts";

export class ConversationPresenter {
	readonly #conversation: CurrentConversation;
	readonly #post: PostToView;
	readonly #describe: Describe;

	constructor(
		conversation: CurrentConversation,
		post: PostToView,
		describe: Describe,
	) {
		this.#conversation = conversation;
		this.#post = post;
		this.#describe = describe;
	}

	/** Replaces what the view shows by the newest messages. */
	show(): void {
		const { current } = this.#conversation;
		const { id, title } = current;
		const page = messagePage(current, this.#describe);
		this.#post({ kind: "conversation", id, title, ...page });
	}

	/** Shows a question that was just asked and its answer. @param before the conversation that the view shows. */
	showAsked(before: Conversation): void {
		const { current } = this.#conversation;
		const path = visiblePath(current);
		// The view can append messages; a new title or another branch takes a new page.
		const isAppended =
			path.at(-3)?.id === before.leaf && before.title === current.title;
		if (isAppended) for (const { id } of path.slice(-2)) this.showMessage(id);
		else this.show();
	}

	showMessage(id: string): void {
		const { current } = this.#conversation;
		const message = findMessage(current, id);
		if (message)
			this.#post({
				kind: "messageChanged",
				message: viewMessage(current, message, this.#describe),
			});
	}

	/** A page of earlier messages. */
	showEarlier(beforeId: string): void {
		const { current } = this.#conversation;
		const page = messagePage(current, this.#describe, beforeId);
		this.#post({ kind: "earlier", beforeId, ...page });
	}
}
