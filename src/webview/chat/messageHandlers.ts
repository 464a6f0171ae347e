/** Posts the actions of message and code buttons to the host. */

import type { FromChatView } from "../../protocol/chatView.ts";
import type { Announcer } from "./announcer.ts";
import type { ConversationOptions } from "./conversationView.ts";
import type { Strings } from "./strings.ts";

export function messageHandlers(
	post: (message: FromChatView) => void,
	strings: Strings,
	announcer: Announcer,
): Omit<
	ConversationOptions,
	"strings" | "highlighter" | "announcer" | "onEdit"
> {
	return {
		onAction: (action, block, { code, language }) => {
			if (action === "copy") {
				post({ kind: "copyCode", text: code });
				announcer.say(strings.get("copied"));
				return;
			}
			const place = placeOf(block);
			if (place) post({ kind: action, ...place, code, language });
		},
		onLink: (href) => post({ kind: "openLink", href }),
		onCopy: ({ text }) => {
			post({ kind: "copyMessage", text });
			announcer.say(strings.get("copied"));
		},
		onRegenerate: ({ id }) => post({ kind: "regenerate", messageId: id }),
		onBranch: ({ id }, offset) =>
			post({ kind: "selectBranch", messageId: id, offset }),
		onEarlier: (beforeId) => post({ kind: "earlier", beforeId }),
	};
}

function placeOf(
	block: HTMLElement,
): { readonly messageId: string; readonly blockIndex: number } | undefined {
	const message = block.closest(".message");
	const messageId = message?.getAttribute("data-id");
	if (!message || !messageId) return undefined;
	const blocks = [...message.querySelectorAll(".code-block")];
	return { messageId, blockIndex: blocks.indexOf(block) };
}
