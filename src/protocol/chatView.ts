/** Every message between the extension host and the webview of the chat panel. Each side parses what arrives. */

import * as z from "zod/mini";
import { SegmentKind } from "./chat.ts";

const count = z.int().check(z.nonnegative());

const AttachmentKind = z.enum([
	"selection",
	"file",
	"folder",
	"symbol",
	"problems",
	"changes",
]);

/** Something that goes along with the next question. */
export const ContextChip = z.readonly(
	z.object({
		id: z.string(),
		label: z.string(),
		kind: AttachmentKind,
		/** Null until they are counted. */
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
		/** As the user typed it, or as the model wrote it: Markdown, and never HTML. */
		text: z.string(),
		reasoning: z.string(),
		state: MessageState,
		/** Why it failed, in one translated sentence. */
		error: z.nullable(z.string()),
		attached: z.readonly(
			z.array(z.object({ label: z.string(), kind: AttachmentKind })),
		),
		/** Where it has siblings: which one this is, counted from 0. */
		branch: z.nullable(z.object({ index: count, count })),
	}),
);
export type ViewMessage = z.infer<typeof ViewMessage>;

const messages = z.readonly(z.array(ViewMessage));

/** How a theme shows text of some scopes. */
export const TokenRule = z.object({
	scope: z.exactOptional(z.union([z.string(), z.array(z.string())])),
	settings: z.object({
		foreground: z.exactOptional(z.string()),
		fontStyle: z.exactOptional(z.string()),
	}),
});
export type TokenRule = z.infer<typeof TokenRule>;

/** A theme of VS Code in the format of its files, as far as code is coloured by it. */
export const TokenTheme = z.readonly(
	z.object({
		type: z.enum(["light", "dark"]),
		colors: z.record(z.string(), z.string()),
		tokenColors: z.readonly(z.array(TokenRule)),
	}),
);
export type TokenTheme = z.infer<typeof TokenTheme>;

/** What to complete in the input: a reference (`#`) or a command (`/`). */
export const SuggestionKind = z.enum(["reference", "command"]);
export type SuggestionKind = z.infer<typeof SuggestionKind>;

export const InputSuggestion = z.readonly(
	z.object({
		id: z.string(),
		label: z.string(),
		detail: z.string(),
		/** Takes the place of `#` or `/` and what is typed behind it: `/fix `, `#file:` to go on, or nothing where it becomes a chip. */
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
	/** The first answer to `ready`. Keys that are missing stay English. */
	z.object({
		kind: z.literal("strings"),
		strings: z.record(z.string(), z.string()),
	}),
	/** Another conversation, or another branch of it: what is shown is replaced. At most the last 40 messages; `hasEarlier` tells of more. */
	z.object({
		kind: z.literal("conversation"),
		id: z.string(),
		title: z.string(),
		messages,
		hasEarlier: z.boolean(),
	}),
	/** The answer to the request of the same name: what stands before the message `beforeId`, at most 40. */
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
	/** Replaces the message with the same id; where there is none, it is the newest. */
	z.object({ kind: z.literal("messageChanged"), message: ViewMessage }),
	z.object({
		kind: z.literal("model"),
		name: z.string(),
		/** Null where it can chat. */
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
	/** What the next question would take. */
	z.object({
		kind: z.literal("tokens"),
		promptTokens: count,
		/** Tokens there is room for, the answer's share taken off. */
		room: count,
		leftOut: z.readonly(
			z.array(z.object({ label: z.string(), tokens: count })),
		),
		/** False where the model is not loaded and they are guessed by length. */
		isExact: z.boolean(),
	}),
	/** The answer to `suggest`, with its query: one for a query of before is late, and not shown. */
	z.object({
		kind: z.literal("suggestions"),
		query: z.string(),
		items: z.readonly(z.array(InputSuggestion)),
	}),
	/** The answer to `openHistory`; from offset 0 it replaces, else it goes on. */
	z.object({
		kind: z.literal("history"),
		query: z.string(),
		offset: count,
		entries: z.readonly(z.array(HistoryEntry)),
		hasMore: z.boolean(),
	}),
	/** The editor's own colours; null where the theme cannot be read, and code is coloured by the variables of VS Code. */
	z.object({ kind: z.literal("theme"), theme: z.nullable(TokenTheme) }),
	/** One sentence above the input, until it is dismissed or the next one comes. */
	z.object({
		kind: z.literal("notice"),
		severity: z.enum(["info", "error"]),
		text: z.string(),
	}),
	/** Puts the cursor into the input, and `text` where there is one: in the place of a question where that is named. */
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

/** A code block of an answer: the how-manyth of its message, and what stands in it. */
const codeBlock = {
	messageId,
	blockIndex: count,
	code: z.string(),
	/** As the model named it, or empty. */
	language: z.string(),
};

//#region From the view
export const FromChatView = z.discriminatedUnion("kind", [
	/** With every load of the page, also when it was hidden: the host answers with all that is shown. */
	z.object({ kind: z.literal("ready") }),
	z.object({ kind: z.literal("send"), text: z.string() }),
	z.object({ kind: z.literal("stop") }),
	z.object({ kind: z.literal("regenerate"), messageId }),
	/** Asks another question in the place of that one, as a branch. */
	z.object({ kind: z.literal("edit"), messageId, text: z.string() }),
	z.object({
		kind: z.literal("selectBranch"),
		messageId,
		offset: z.union([z.literal(-1), z.literal(1)]),
	}),
	/** The host writes the clipboard. */
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
	/** Asked and confirmed in the view. */
	z.object({ kind: z.literal("deleteConversation"), conversationId }),
	z.object({ kind: z.literal("exportConversation"), conversationId }),
	z.object({ kind: z.literal("newConversation") }),
	z.object({ kind: z.literal("earlier"), beforeId: messageId }),
	z.object({ kind: z.literal("chooseOffer"), id: z.string() }),
	/** The host checks and asks before it opens anything. */
	z.object({ kind: z.literal("openLink"), href: z.string() }),
	/** For the count of tokens. */
	z.object({ kind: z.literal("inputChanged"), text: z.string() }),
]);
export type FromChatView = z.infer<typeof FromChatView>;
//#endregion
