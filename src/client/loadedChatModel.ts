/** The loaded model as the chat sees it, and loading it for a question. */

import { orAborted } from "../base/abort.ts";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import { Emitter, type Event } from "../base/event.ts";
import { failure, type Result, success } from "../base/result.ts";
import type { ChatModel } from "../protocol/chat.ts";
import type { EngineStatus } from "../protocol/engineStatus.ts";
import { createError, type HeadroomError } from "../protocol/errors.ts";
import type { Supervisor } from "./supervisor.ts";

type StatusSource = Pick<
	Supervisor,
	"status" | "onDidChangeStatus" | "connect"
>;

export class LoadedChatModel implements Disposable {
	readonly #supervisor: StatusSource;
	readonly #store = new DisposableStore();
	readonly #onDidChange = this.#store.add(new Emitter<void>());
	#current: ChatModel | undefined;

	readonly onDidChange: Event<void> = this.#onDidChange.event;

	constructor(supervisor: StatusSource) {
		this.#supervisor = supervisor;
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

	/** Starts the engine unless a model is ready, and waits for its load. Undefined when the signal aborts first. */
	async load(
		signal: AbortSignal,
	): Promise<Result<ChatModel, HeadroomError> | undefined> {
		if (this.#current) return success(this.#current);
		const connected = await orAborted(this.#supervisor.connect(), signal);
		if (!connected?.ok) return connected;
		const store = new DisposableStore();
		const ended = new Promise<Result<ChatModel, HeadroomError>>((resolve) => {
			const check = (): void => {
				const end = loadEndOf(this.#supervisor.status);
				if (end) resolve(end);
			};
			store.add(this.#supervisor.onDidChangeStatus(check));
			check();
		});
		const end = await orAborted(ended, signal);
		store.dispose();
		// `end` may hold an equal object: this listener can run before the constructor's.
		return end?.ok && this.#current ? success(this.#current) : end;
	}

	dispose(): void {
		this.#store.dispose();
	}
}

function modelOf(status: EngineStatus): ChatModel | undefined {
	if (status.kind !== "ready" && status.kind !== "generating") return undefined;
	const { model, load } = status;
	const { name, parameterCount } = model;
	const { chatWindow: windowTokens, chatError: error = null } = load;
	return { name, parameterCount, windowTokens, error };
}

/** Undefined while the load may still succeed. */
function loadEndOf(
	status: EngineStatus,
): Result<ChatModel, HeadroomError> | undefined {
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
