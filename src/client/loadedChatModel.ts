/** The loaded model as the chat sees it, and loading it for a question. */

import { orAborted } from "../base/abort.ts";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import { Emitter, type Event } from "../base/event.ts";
import { failure, type Result, success } from "../base/result.ts";
import type { ChatModel } from "../protocol/chat.ts";
import {
	type EngineStatus,
	type LoadReport,
	ownChat,
} from "../protocol/engineStatus.ts";
import { createError, type HeadroomError } from "../protocol/errors.ts";
import type { ModelDescription } from "../protocol/model.ts";
import type { EngineClient } from "./engineClient.ts";
import type { Supervisor } from "./supervisor.ts";

type StatusSource = Pick<
	Supervisor,
	"status" | "onDidChangeStatus" | "connect"
>;

export class LoadedChatModel implements Disposable {
	readonly #supervisor: StatusSource;
	readonly #client: Pick<EngineClient, "loadChat">;
	readonly #store = new DisposableStore();
	readonly #onDidChange = this.#store.add(new Emitter<void>());
	#current: ChatModel | undefined;

	readonly onDidChange: Event<void> = this.#onDidChange.event;

	constructor(
		supervisor: StatusSource,
		client: Pick<EngineClient, "loadChat">,
	) {
		this.#supervisor = supervisor;
		this.#client = client;
		this.#current = modelOf(supervisor.status);
		this.#store.add(
			supervisor.onDidChangeStatus((status) => {
				const model = modelOf(status);
				if (JSON.stringify(model) === JSON.stringify(this.#current)) return;
				this.#current = model;
				this.#onDidChange.fire();
			}),
		);
	}

	/** The same object for the same load; undefined while no model is ready. */
	get current(): ChatModel | undefined {
		return this.#current;
	}

	/** Starts the engine unless a model is ready, and waits for its load; loads the chat's own model. Undefined when the signal aborts first. */
	async load(
		signal: AbortSignal,
	): Promise<Result<ChatModel, HeadroomError> | undefined> {
		if (this.#current) return success(this.#current);
		const connected = await orAborted(this.#supervisor.connect(), signal);
		if (!connected?.ok) return connected;
		const store = new DisposableStore();
		const ended = new Promise<LoadEnd>((resolve) => {
			const check = (): void => {
				const end = loadEndOf(this.#supervisor.status);
				if (end) resolve(end);
			};
			store.add(this.#supervisor.onDidChangeStatus(check));
			check();
		});
		const end = await orAborted(ended, signal);
		store.dispose();
		const loaded = end === "unloaded" ? await this.#loadOwn(signal) : end;
		// `loaded` may hold an equal object: this listener can run before the constructor's.
		return loaded?.ok && this.#current ? success(this.#current) : loaded;
	}

	async #loadOwn(
		signal: AbortSignal,
	): Promise<Result<ChatModel, HeadroomError> | undefined> {
		const loaded = await this.#client.loadChat(signal);
		if (!loaded?.ok) return loaded;
		const { model, load } = loaded.value;
		return success(chatModelOf(model, load));
	}

	dispose(): void {
		this.#store.dispose();
	}
}

function modelOf(status: EngineStatus): ChatModel | undefined {
	const chat = ownChat(status);
	if (chat)
		return chat.state === "ready" || chat.state === "generating"
			? chatModelOf(chat.model, chat.load)
			: undefined;
	return status.kind === "ready" || status.kind === "generating"
		? chatModelOf(status.model, status.load)
		: undefined;
}

function chatModelOf(
	{ name, parameterCount }: ModelDescription,
	{ chatWindow: windowTokens, chatError }: LoadReport,
): ChatModel {
	const error = chatError ?? null;
	return { name, parameterCount, windowTokens, error };
}

/** Of the model for completion; `unloaded` where the chat has a model of its own, which waits to be asked. */
type LoadEnd = Result<ChatModel, HeadroomError> | "unloaded";

/** Undefined while the load may still succeed. */
function loadEndOf(status: EngineStatus): LoadEnd | undefined {
	const model = modelOf(status);
	if (model) return success(model);
	switch (status.kind) {
		case "stopped":
			return failure(createError("engineStopped", {}));
		case "ready":
		case "generating":
			return "unloaded";
		case "failed":
			return ownChat(status) ? "unloaded" : failure(status.error);
		case "crashed":
			return status.restartInMs === null ? failure(status.error) : undefined;
		default:
			return undefined;
	}
}
