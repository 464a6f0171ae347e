/** All messages between the extension host and the chat panel's webview. Each side validates what it receives. */

import * as z from "zod/mini";
import { AttachmentKind } from "./attachment.ts";
import { SegmentKind } from "./chat.ts";

const count = z.int().check(z.nonnegative());

/** Context of the next question. */
export const ContextChip = z.readonly(
	z.object({
		id: z.string(),
		label: z.string(),
		kind: AttachmentKind,
		/** Null until counted. */
		tokens: z.nullable(count),
		removable: z.boolean(),
	}),
);
export type ContextChip = z.infer<typeof ContextChip>;

export const MessageState = z.enum([
	"complete",
	"streaming",
	"stopped",
	"failed",
]);
export type MessageState = z.infer<typeof MessageState>;

export const ViewMessage = z.readonly(
	z.object({
		id: z.string(),
		role: z.enum(["user", "assistant"]),
		/** Markdown, never HTML. */
		text: z.string(),
		reasoning: z.string(),
		state: MessageState,
		/** Why it failed: one translated sentence. */
		error: z.nullable(z.string()),
		attached: z.readonly(
			z.array(z.object({ label: z.string(), kind: AttachmentKind })),
		),
		/** Its zero-based index among its siblings; null if it has none. */
		branch: z.nullable(z.object({ index: count, count })),
	}),
);
export type ViewMessage = z.infer<typeof ViewMessage>;

const messages = z.readonly(z.array(ViewMessage));

/** A theme's style for some TextMate scopes. */
export const TokenRule = z.object({
	scope: z.exactOptional(z.union([z.string(), z.array(z.string())])),
	settings: z.object({
		foreground: z.exactOptional(z.string()),
		fontStyle: z.exactOptional(z.string()),
	}),
});
export type TokenRule = z.infer<typeof TokenRule>;

/** The part of a VS Code theme file that colors code. */
export const TokenTheme = z.readonly(
	z.object({
		type: z.enum(["light", "dark"]),
		colors: z.record(z.string(), z.string()),
		tokenColors: z.readonly(z.array(TokenRule)),
	}),
);
export type TokenTheme = z.infer<typeof TokenTheme>;

/** The completion in the input: an attachment (`#`) or a slash command (`/`). */
export const SuggestionKind = z.enum(["attachment", "command"]);
export type SuggestionKind = z.infer<typeof SuggestionKind>;

export const InputSuggestion = z.readonly(
	z.object({
		id: z.string(),
		label: z.string(),
		detail: z.string(),
		/** Replaces `#` or `/` and the text behind it: `/fix `, `#file:` to continue typing, or empty if it becomes a chip. */
		insert: z.string(),
	}),
);
export type InputSuggestion = z.infer<typeof InputSuggestion>;

export const ModelOffer = z.readonly(
	z.object({ id: z.string(), label: z.string(), detail: z.string() }),
);
export type ModelOffer = z.infer<typeof ModelOffer>;

export const HistoryEntry = z.readonly(
	z.object({
		id: z.string(),
		title: z.string(),
		changedAtMs: z.number(),
		excerpt: z.string(),
	}),
);
export type HistoryEntry = z.infer<typeof HistoryEntry>;

//#region To the view
export const ToChatView = z.discriminatedUnion("kind", [
	/** The first response to `ready`. Missing keys stay English. */
	z.object({
		kind: z.literal("strings"),
		strings: z.record(z.string(), z.string()),
	}),
	/** Replaces the page by another conversation or branch: at most its last 40 messages. */
	z.object({
		kind: z.literal("conversation"),
		id: z.string(),
		title: z.string(),
		messages,
		hasEarlier: z.boolean(),
	}),
	/** The response to `earlier`: at most 40 messages before `beforeId`. */
	z.object({
		kind: z.literal("earlier"),
		beforeId: z.string(),
		messages,
		hasEarlier: z.boolean(),
	}),
	/** More of the answer that is streaming: the tokens of some 40 ms in one message. */
	z.object({
		kind: z.literal("chunk"),
		messageId: z.string(),
		segment: SegmentKind,
		text: z.string(),
	}),
	/** Replaces the message with this id, or appends it. */
	z.object({ kind: z.literal("messageChanged"), message: ViewMessage }),
	z.object({
		kind: z.literal("model"),
		name: z.string(),
		/** Null if it can chat. */
		cannotChat: z.nullable(
			z.object({
				sentence: z.string(),
				offers: z.readonly(z.array(ModelOffer)),
			}),
		),
	}),
	z.object({
		kind: z.literal("context"),
		chips: z.readonly(z.array(ContextChip)),
	}),
	/** The token usage of the next question. */
	z.object({
		kind: z.literal("tokens"),
		promptTokens: count,
		/** Tokens available for the prompt: the context window less what is reserved for the answer. */
		budgetTokens: count,
		leftOut: z.readonly(
			z.array(z.object({ label: z.string(), tokens: count })),
		),
		/** False if estimated by length, while no model is loaded. */
		isExact: z.boolean(),
	}),
	/** The response to `suggest`; the view ignores it if its query has changed. */
	z.object({
		kind: z.literal("suggestions"),
		query: z.string(),
		items: z.readonly(z.array(InputSuggestion)),
	}),
	/** The response to `openHistory`; replaces the list at offset 0, or else extends it. */
	z.object({
		kind: z.literal("history"),
		query: z.string(),
		offset: count,
		entries: z.readonly(z.array(HistoryEntry)),
		hasMore: z.boolean(),
	}),
	/** The editor's token colors; null if the theme cannot be read, and VS Code's CSS variables color the code. */
	z.object({ kind: z.literal("theme"), theme: z.nullable(TokenTheme) }),
	/** A sentence above the input, until it is dismissed or replaced. */
	z.object({
		kind: z.literal("notice"),
		severity: z.enum(["info", "error"]),
		text: z.string(),
	}),
	/** Focuses the input and sets its text, if given. @param editedId the question that the input will replace. */
	z.object({
		kind: z.literal("focusInput"),
		text: z.exactOptional(z.string()),
		editedId: z.exactOptional(z.string()),
	}),
]);
export type ToChatView = z.infer<typeof ToChatView>;
//#endregion

const messageId = z.string();
const conversationId = z.string();

/** A code block of an answer. */
const codeBlock = {
	messageId,
	blockIndex: count,
	code: z.string(),
	/** As the model named it; may be empty. */
	language: z.string(),
};

//#region From the view
export const FromChatView = z.discriminatedUnion("kind", [
	/** Sent with every load of the page, also after it was hidden: the host responds with everything to show. */
	z.object({ kind: z.literal("ready") }),
	z.object({ kind: z.literal("send"), text: z.string() }),
	z.object({ kind: z.literal("stop") }),
	z.object({ kind: z.literal("regenerate"), messageId }),
	/** Replaces a question on a new branch. */
	z.object({ kind: z.literal("edit"), messageId, text: z.string() }),
	z.object({
		kind: z.literal("selectBranch"),
		messageId,
		offset: z.union([z.literal(-1), z.literal(1)]),
	}),
	/** The host writes to the clipboard. */
	z.object({ kind: z.literal("copyCode"), text: z.string() }),
	z.object({ kind: z.literal("copyMessage"), text: z.string() }),
	z.object({ kind: z.literal("insert"), ...codeBlock }),
	z.object({ kind: z.literal("apply"), ...codeBlock }),
	z.object({ kind: z.literal("newFile"), ...codeBlock }),
	z.object({ kind: z.literal("removeChip"), id: z.string() }),
	z.object({
		kind: z.literal("suggest"),
		of: SuggestionKind,
		query: z.string(),
	}),
	z.object({ kind: z.literal("chooseSuggestion"), id: z.string() }),
	z.object({
		kind: z.literal("openHistory"),
		query: z.string(),
		offset: count,
	}),
	z.object({ kind: z.literal("openConversation"), conversationId }),
	/** Confirmed by the user. */
	z.object({ kind: z.literal("deleteConversation"), conversationId }),
	z.object({ kind: z.literal("exportConversation"), conversationId }),
	z.object({ kind: z.literal("newConversation") }),
	z.object({ kind: z.literal("earlier"), beforeId: messageId }),
	z.object({ kind: z.literal("chooseOffer"), id: z.string() }),
	/** The host validates the link and asks the user before it opens anything. */
	z.object({ kind: z.literal("openLink"), href: z.string() }),
	/** For the token usage. */
	z.object({ kind: z.literal("inputChanged"), text: z.string() }),
]);
export type FromChatView = z.infer<typeof FromChatView>;
//#endregion
