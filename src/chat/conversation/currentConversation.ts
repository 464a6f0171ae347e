/**
 * The conversation that the panel shows, and its place on disk.
 *
 * Invariant: a deleted conversation is not saved again.
 */

import type { Conversation } from "../../protocol/conversation.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { ConversationPort } from "../chatPorts.ts";
import { createConversation } from "./conversation.ts";

/** Persists which conversation is shown, for the next window. */
export interface CurrentId {
	read(): string | undefined;
	write(id: string | undefined): void;
}

export interface CurrentConversationOptions {
	readonly store: ConversationPort;
	readonly currentId: CurrentId;
	/** Deletes the KV snapshot. It does not record its conversation, so any deletion deletes it; the next question makes a new one. */
	readonly deleteState: () => Promise<void>;
	/** A conversation that could not be read or written. */
	readonly onProblem: (error: HeadroomError) => void;
	readonly newId: () => string;
	readonly now: () => number;
}

export class CurrentConversation {
	readonly #options: CurrentConversationOptions;
	#current: Conversation;

	constructor(options: CurrentConversationOptions) {
		this.#options = options;
		this.#current = this.#empty();
	}

	get current(): Conversation {
		return this.#current;
	}

	set(conversation: Conversation): void {
		this.#current = conversation;
	}

	/** Opens the conversation that the last window showed. */
	async restore(): Promise<void> {
		const id = this.#options.currentId.read();
		if (id !== undefined) await this.open(id);
	}

	/** @returns false, and changes nothing, if it cannot be read. */
	async open(id: string): Promise<boolean> {
		const conversation = await this.read(id);
		if (!conversation) return false;
		this.#current = conversation;
		this.#options.currentId.write(id);
		return true;
	}

	/** @returns undefined if it cannot be read. */
	async read(id: string): Promise<Conversation | undefined> {
		if (id === this.#current.id) return this.#current;
		const opened = await this.#options.store.open(id);
		if (!opened.ok) {
			this.#options.onProblem(opened.error);
			return undefined;
		}
		const { conversation, problem } = opened.value;
		if (problem) this.#options.onProblem(problem);
		return conversation;
	}

	/** Begins an empty conversation, which is saved with its first question. */
	begin(): void {
		this.#current = this.#empty();
		this.#options.currentId.write(undefined);
	}

	async save(): Promise<void> {
		const { store, currentId, onProblem } = this.#options;
		const { id, messages } = this.#current;
		if (messages.length === 0) return;
		currentId.write(id);
		const saved = await store.save(this.#current);
		const problem = saved.ok ? saved.value.problem : saved.error;
		if (problem) onProblem(problem);
	}

	async delete(id: string): Promise<void> {
		if (id === this.#current.id) this.begin();
		await this.#options.deleteState();
		const deleted = await this.#options.store.delete(id);
		if (!deleted.ok) this.#options.onProblem(deleted.error);
	}

	#empty(): Conversation {
		const { newId, now } = this.#options;
		return createConversation(newId(), now());
	}
}
