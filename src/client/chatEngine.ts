/** The engine as a conversation sees it: which model is loaded and whether it can talk, and its loading for who asks something. */

import { orAborted } from "../base/abort.ts";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import { Emitter, type Event } from "../base/event.ts";
import { failure, type Result, success } from "../base/result.ts";
import type {
	AnswerChunk,
	ChatRequest,
	ChatTurn,
	TokenCounts,
} from "../protocol/chat.ts";
import type { EngineStatus } from "../protocol/engineStatus.ts";
import { createError, type HeadroomError } from "../protocol/errors.ts";
import type { GenerationEnd } from "../protocol/generation.ts";
import type { EngineClient } from "./engineClient.ts";
import type { Supervisor } from "./supervisor.ts";

export interface LoadedChatModel {
	readonly name: string;
	readonly parameterCount: number;
	/** Tokens of a conversation, the answer included; 0 where it cannot have one. */
	readonly windowTokens: number;
	/** Why it cannot; null where it can. */
	readonly error: HeadroomError | null;
}

export class ChatEngine implements Disposable {
	readonly #supervisor: Pick<
		Supervisor,
		"status" | "onDidChangeStatus" | "connect"
	>;
	readonly #client: Pick<EngineClient, "chat" | "count">;
	readonly #store = new DisposableStore();
	readonly #onDidChangeModel = this.#store.add(new Emitter<void>());
	#model: LoadedChatModel | undefined;

	readonly onDidChangeModel: Event<void> = this.#onDidChangeModel.event;

	constructor(
		supervisor: Pick<Supervisor, "status" | "onDidChangeStatus" | "connect">,
		client: Pick<EngineClient, "chat" | "count">,
	) {
		this.#supervisor = supervisor;
		this.#client = client;
		this.#model = modelOf(supervisor.status);
		this.#store.add(
			supervisor.onDidChangeStatus((status) => {
				const model = modelOf(status);
				if (JSON.stringify(model) === JSON.stringify(this.#model)) return;
				this.#model = model;
				this.#onDidChangeModel.fire();
			}),
		);
	}

	/** The same object as long as it is the same load; undefined while none is ready. */
	get model(): LoadedChatModel | undefined {
		return this.#model;
	}

	async start(
		signal: AbortSignal,
	): Promise<Result<LoadedChatModel, HeadroomError> | undefined> {
		if (this.#model) return success(this.#model);
		const connected = await orAborted(this.#supervisor.connect(), signal);
		if (!connected?.ok) return connected;
		const store = new DisposableStore();
		const ended = new Promise<Result<LoadedChatModel, HeadroomError>>(
			(resolve) => {
				const look = (): void => {
					const end = endOf(this.#supervisor.status);
					if (end) resolve(end);
				};
				store.add(this.#supervisor.onDidChangeStatus(look));
				look();
			},
		);
		const end = await orAborted(ended, signal);
		store.dispose();
		// Not the same object: this listener may come before that of the constructor.
		return end?.ok && this.#model ? success(this.#model) : end;
	}

	answer(
		request: ChatRequest,
		signal: AbortSignal,
	): AsyncGenerator<AnswerChunk, GenerationEnd> {
		return this.#client.chat(request, signal);
	}

	count(
		turns: readonly ChatTurn[],
	): Promise<Result<TokenCounts, HeadroomError> | undefined> {
		return this.#client.count(turns);
	}

	dispose(): void {
		this.#store.dispose();
	}
}

function modelOf(status: EngineStatus): LoadedChatModel | undefined {
	if (status.kind !== "ready" && status.kind !== "generating") return undefined;
	const { model, load } = status;
	const { name, parameterCount } = model;
	const { chatWindow: windowTokens, chatError: error = null } = load;
	return { name, parameterCount, windowTokens, error };
}

/** Undefined while the load may still come to a good end. */
function endOf(
	status: EngineStatus,
): Result<LoadedChatModel, HeadroomError> | undefined {
	switch (status.kind) {
		case "stopped":
			return failure(createError("engineStopped", {}));
		case "failed":
			return failure(status.error);
		case "crashed":
			return status.restartInMs === null ? failure(status.error) : undefined;
		default: {
			const model = modelOf(status);
			return model && success(model);
		}
	}
}
