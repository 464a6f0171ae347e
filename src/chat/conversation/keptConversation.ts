/**
 * The conversation that is shown, and its place on the disk.
 *
 * Invariant: what is deleted is not saved again.
 */

import type { Conversation } from "../../protocol/conversation.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { ConversationPort } from "../chatPorts.ts";
import { createConversation } from "./conversation.ts";

/** The id of the conversation that is shown, for the next window. */
export interface CurrentId {
	read(): string | undefined;
	write(id: string | undefined): void;
}

export interface KeptConversationOptions {
	readonly store: ConversationPort;
	readonly currentId: CurrentId;
	/** What could not be read or written. */
	readonly onProblem: (error: HeadroomError) => void;
	readonly newId: () => string;
	readonly now: () => number;
}

export class KeptConversation {
	readonly #options: KeptConversationOptions;
	#current: Conversation;

	constructor(options: KeptConversationOptions) {
		this.#options = options;
		this.#current = this.#empty();
	}

	get current(): Conversation {
		return this.#current;
	}

	set(conversation: Conversation): void {
		this.#current = conversation;
	}

	/** The one that the window before this one showed. */
	async restore(): Promise<void> {
		const id = this.#options.currentId.read();
		if (id !== undefined) await this.open(id);
	}

	/** Whether it could be read; what is shown stays otherwise. */
	async open(id: string): Promise<boolean> {
		const conversation = await this.read(id);
		if (!conversation) return false;
		this.#current = conversation;
		this.#options.currentId.write(id);
		return true;
	}

	/** Any of them; undefined where it cannot be read. */
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

	/** It comes to the disk with its first question. */
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
		const deleted = await this.#options.store.delete(id);
		if (!deleted.ok) this.#options.onProblem(deleted.error);
	}

	#empty(): Conversation {
		const { newId, now } = this.#options;
		return createConversation(newId(), now());
	}
}
