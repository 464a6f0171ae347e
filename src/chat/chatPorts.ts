/** What a chat depends on: a model, an engine, storage for its conversations, context for its questions, and a view. */

import type { Event } from "../base/event.ts";
import type { Result } from "../base/result.ts";
import type { Attachment } from "../protocol/attachment.ts";
import type {
	AnswerChunk,
	ChatModel,
	ChatRequest,
	ChatTurn,
	TokenCounts,
} from "../protocol/chat.ts";
import type {
	ContextChip,
	InputSuggestion,
	SuggestionKind,
	ToChatView,
} from "../protocol/chatView.ts";
import type {
	Conversation,
	ConversationSummary,
} from "../protocol/conversation.ts";
import type { HeadroomError } from "../protocol/errors.ts";
import type { GenerationEnd } from "../protocol/generation.ts";

/** The model that answers. */
export interface ChatModelSource {
	/** The same object for the same load; undefined while no model is loaded. */
	readonly current: ChatModel | undefined;
	/** Fires when `current` has another value. */
	readonly onDidChange: Event<void>;
	/** Loads the model unless it is loaded. Undefined when the signal aborts first. */
	load(
		signal: AbortSignal,
	): Promise<Result<ChatModel, HeadroomError> | undefined>;
}

/** Requests to the engine. */
export interface ChatEngine {
	/** An abort ends the answer soon, as cancelled. */
	chat(
		request: ChatRequest,
		signal: AbortSignal,
	): AsyncGenerator<AnswerChunk, GenerationEnd>;
	/** Undefined while no model is loaded; counting loads none. */
	count(
		turns: readonly ChatTurn[],
	): Promise<Result<TokenCounts, HeadroomError> | undefined>;
}

interface OpenedConversation {
	readonly conversation: Conversation;
	/** A problem with the file that did not keep it from being read. */
	readonly problem: HeadroomError | null;
}

export interface ConversationPort {
	list(): Promise<
		Result<
			{
				readonly conversations: readonly ConversationSummary[];
				readonly problems: readonly HeadroomError[];
			},
			HeadroomError
		>
	>;
	open(id: string): Promise<Result<OpenedConversation, HeadroomError>>;
	save(
		conversation: Conversation,
	): Promise<Result<{ readonly problem: HeadroomError | null }, HeadroomError>>;
	delete(id: string): Promise<Result<void, HeadroomError>>;
	search<Hit>(
		find: (conversation: Conversation) => Hit | undefined,
	): AsyncGenerator<Hit, void, void>;
}

/** An attachment of a question that is not asked yet. */
export interface OfferedAttachment extends Attachment {
	/** Nobody asked for it: it is left out where it does not fit. */
	readonly isSpare?: true;
}

/** The context of the next question. */
export interface ContextSource {
	/** Fires when `chips` has another value. */
	readonly onDidChange: Event<void>;
	chips(): readonly ContextChip[];
	remove(id: string): void;
	/** The chips, what the input mentions, and what it names: the latter becomes chips. */
	attachmentsFor(
		input: string,
	): Promise<Result<readonly OfferedAttachment[], HeadroomError>>;
	suggestionsFor(
		of: SuggestionKind,
		query: string,
	): Promise<readonly InputSuggestion[]>;
	choose(id: string): void;
	/** Drops what the user added for the question that was just sent. */
	onQuestionSent(): void;
}

/** Drops the message while no page is shown: a new page requests everything. */
export type PostToView = (message: ToChatView) => void;

/** The error in a sentence in the user's language. */
export type Describe = (error: HeadroomError) => string;
