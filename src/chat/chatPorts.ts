/** What a chat needs of others: an engine, a place for its conversations, what goes along with a question, and a view. */

import type { Disposable } from "../base/disposable.ts";
import type { Event } from "../base/event.ts";
import type { Result } from "../base/result.ts";
import type {
	AnswerChunk,
	ChatRequest,
	ChatTurn,
	TokenCounts,
} from "../protocol/chat.ts";
import type {
	ContextChip,
	Suggestion,
	SuggestionKind,
	ToChatView,
} from "../protocol/chatView.ts";
import type {
	Attachment,
	Conversation,
	ConversationSummary,
} from "../protocol/conversation.ts";
import type { HeadroomError } from "../protocol/errors.ts";
import type { GenerationEnd } from "../protocol/generation.ts";

/** A model that is loaded, as far as conversations are concerned. */
export interface ChatModel {
	readonly name: string;
	readonly parameterCount: number;
	/** Tokens of a conversation, the answer included. */
	readonly windowTokens: number;
	/** Why it cannot have one; null where it can. */
	readonly error: HeadroomError | null;
}

export interface ChatEngine {
	/** Undefined while none is loaded. */
	readonly model: ChatModel | undefined;
	/** Fires when `model` has another value. */
	readonly onDidChangeModel: Event<void>;
	/** Loads the model where it is not. Undefined when the signal aborts first. */
	start(
		signal: AbortSignal,
	): Promise<Result<ChatModel, HeadroomError> | undefined>;
	/** An abort ends it soon, as cancelled. */
	answer(
		request: ChatRequest,
		signal: AbortSignal,
	): AsyncGenerator<AnswerChunk, GenerationEnd>;
	/** Undefined where no model is loaded, and none is for this. */
	count(
		turns: readonly ChatTurn[],
	): Promise<Result<TokenCounts, HeadroomError> | undefined>;
}

interface Kept<Value> {
	readonly conversation: Value;
	/** What was wrong with its file, though it could be read. */
	readonly problem: HeadroomError | null;
}

/** `ConversationStore`, and what else of a conversation is on the disk. */
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
	open(id: string): Promise<Result<Kept<Conversation>, HeadroomError>>;
	save(
		conversation: Conversation,
	): Promise<Result<{ readonly problem: HeadroomError | null }, HeadroomError>>;
	delete(id: string): Promise<Result<void, HeadroomError>>;
	search<Hit>(
		find: (conversation: Conversation) => Hit | undefined,
	): AsyncGenerator<Hit, void, void>;
}

/** What goes along with a question. */
export interface ChatContextSource {
	/** Fires when `chips` has another value. */
	readonly onDidChange: Event<void>;
	chips(): readonly ContextChip[];
	remove(id: string): void;
	/** Of the chips, and of what the input refers to. */
	attachmentsFor(
		input: string,
	): Promise<Result<readonly Attachment[], HeadroomError>>;
	suggestionsFor(
		of: SuggestionKind,
		query: string,
	): Promise<readonly Suggestion[]>;
	choose(id: string): void;
	/** A question was sent: what was added for it alone is done with. */
	asked(): void;
}

/** A view that is not there hears nothing, and asks for all when it comes. */
export type PostToView = (message: ToChatView) => void;

export type SetTimer = (callback: () => void, ms: number) => Disposable;

/** What is wrong, as a sentence in the language of the user. */
export type Describe = (error: HeadroomError) => string;
