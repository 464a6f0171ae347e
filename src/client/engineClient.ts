/**
 * Requests to the engine as streams.
 *
 * Invariant: every stream ends with an outcome, also when the process dies, and never throws.
 */

import { orAborted } from "../base/abort.ts";
import type { Disposable } from "../base/disposable.ts";
import { Emitter, type Event } from "../base/event.ts";
import { failure, type Result, success } from "../base/result.ts";
import type {
	AnswerChunk,
	ChatRequest,
	ChatTurn,
	TokenCounts,
} from "../protocol/chat.ts";
import type { FromEngine, ToEngine } from "../protocol/engineProtocol.ts";
import type { HeadroomError } from "../protocol/errors.ts";
import type {
	FimRequest,
	GenerationEnd,
	GenerationStats,
} from "../protocol/generation.ts";
import type { References } from "../protocol/references.ts";
import type { EngineConnection, Supervisor } from "./supervisor.ts";

export interface GenerationStream {
	readonly requestId: string;
	readonly chunks: AsyncGenerator<string, GenerationEnd>;
}

type Pending =
	| { readonly kind: "chunk"; readonly chunk: AnswerChunk }
	| { readonly kind: "counts"; readonly counts: TokenCounts }
	| { readonly kind: "end"; readonly end: GenerationEnd };

/** What arrived for a request and was not read yet. */
class Mailbox {
	readonly #items: Pending[] = [];
	#wake: (() => void) | undefined;

	put(item: Pending): void {
		this.#items.push(item);
		this.#wake?.();
		this.#wake = undefined;
	}

	async take(): Promise<Pending> {
		for (;;) {
			const item = this.#items.shift();
			if (item) return item;
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}
}

export class EngineClient implements Disposable {
	readonly #supervisor: Supervisor;
	readonly #mailboxes = new Map<string, Mailbox>();
	readonly #subscriptions: readonly Disposable[];
	readonly #onDidComplete = new Emitter<GenerationStats>();
	readonly #onDidStart = new Emitter<void>();
	/** A process is ready that `onDidStart` told of. */
	#isStarted = false;
	#requests = 0;
	#awaitedRequests = 0;

	/** Fires with what each completion took that the engine came to an end with. */
	readonly onDidComplete: Event<GenerationStats> = this.#onDidComplete.event;
	/** Fires when a process has become ready for the first time: it knows nothing yet of what another was told. */
	readonly onDidStart: Event<void> = this.#onDidStart.event;

	constructor(supervisor: Supervisor) {
		this.#supervisor = supervisor;
		this.#subscriptions = [
			supervisor.onMessage((message) => this.#receive(message)),
			supervisor.onDidEnd((error) => {
				this.#isStarted = false;
				this.#endAll(error);
			}),
			supervisor.onDidChangeStatus(({ kind }) => {
				if (kind !== "ready" || this.#isStarted) return;
				this.#isStarted = true;
				this.#onDidStart.fire();
			}),
		];
	}

	/** Requests made so far that someone waited for: those made in advance are not among them. */
	get requestCount(): number {
		return this.#awaitedRequests;
	}

	/** An abort ends the stream with the stop reason `cancelled`, as soon as the engine has stopped working on it. */
	complete(request: FimRequest, signal: AbortSignal): GenerationStream {
		const requestId = `${completionPrefix}${++this.#requests}`;
		if (request.priority === "typing") this.#awaitedRequests++;
		const message = { kind: "complete", requestId, request } as const;
		return {
			requestId,
			chunks: this.#stream(message, signal, ({ text }) => text),
		};
	}

	/** Answers the last question of a conversation; an abort ends the answer as it ends a completion. */
	chat(
		request: ChatRequest,
		signal: AbortSignal,
	): AsyncGenerator<AnswerChunk, GenerationEnd> {
		const requestId = `a${++this.#requests}`;
		const message = { kind: "chat", requestId, request } as const;
		return this.#stream(message, signal, (chunk) => chunk);
	}

	/** What a conversation takes of the window; undefined where no model is ready, and none is loaded or waited for. */
	async count(
		turns: readonly ChatTurn[],
	): Promise<Result<TokenCounts, HeadroomError> | undefined> {
		const { running, status } = this.#supervisor;
		const isReady = status.kind === "ready" || status.kind === "generating";
		if (!running || !isReady) return undefined;
		const requestId = `n${++this.#requests}`;
		const mailbox = new Mailbox();
		this.#mailboxes.set(requestId, mailbox);
		try {
			running.send({ kind: "count", requestId, turns });
			const item = await mailbox.take();
			if (item.kind === "counts") return success(item.counts);
			// A load may have begun meanwhile.
			return item.kind === "end" &&
				item.end.kind === "failed" &&
				item.end.error.code !== "engineStopped"
				? failure(item.end.error)
				: undefined;
		} finally {
			this.#mailboxes.delete(requestId);
		}
	}

	/** An engine that runs takes the state of a conversation off the disk, also one that it is about to write. */
	deleteState(stateFile: string): void {
		this.#supervisor.running?.send({ kind: "deleteState", stateFile });
	}

	/**
	 * Tells the engine which texts an answer may repeat.
	 *
	 * @returns false where none is ready to be told; none is started for it.
	 */
	sendReferences(references: References): boolean {
		const running = this.#isStarted ? this.#supervisor.running : undefined;
		running?.send({ kind: "references", references });
		return running !== undefined;
	}

	dispose(): void {
		for (const subscription of this.#subscriptions) subscription.dispose();
		this.#endAll({ code: "engineStopped", values: {} });
		this.#onDidComplete.dispose();
		this.#onDidStart.dispose();
	}

	async *#stream<T>(
		message: ToEngine & { readonly kind: "complete" | "chat" },
		signal: AbortSignal,
		read: (chunk: AnswerChunk) => T,
	): AsyncGenerator<T, GenerationEnd> {
		const { requestId } = message;
		if (signal.aborted) return { kind: "cancelled" };
		const connected = await orAborted(this.#supervisor.connect(), signal);
		if (connected === undefined) return { kind: "cancelled" };
		if (!connected.ok) return { kind: "failed", error: connected.error };

		const mailbox = new Mailbox();
		this.#mailboxes.set(requestId, mailbox);
		const cancel = (): void => cancelRequest(connected.value, requestId);
		signal.addEventListener("abort", cancel, { once: true });
		let ended = false;
		// It may have aborted since the connection was there.
		if (signal.aborted) {
			this.#mailboxes.delete(requestId);
			return { kind: "cancelled" };
		}
		try {
			connected.value.send(message);
			for (;;) {
				const item = await mailbox.take();
				if (item.kind === "end") {
					ended = true;
					return item.end;
				}
				if (item.kind === "chunk") yield read(item.chunk);
			}
		} finally {
			signal.removeEventListener("abort", cancel);
			this.#mailboxes.delete(requestId);
			// A reader that walks away wants no more work done for it.
			if (!ended) cancel();
		}
	}

	#receive(message: FromEngine): void {
		switch (message.kind) {
			case "chunk":
				this.#mailboxes.get(message.requestId)?.put({
					kind: "chunk",
					chunk: { segment: message.segment, text: message.text },
				});
				return;
			case "counted":
				this.#mailboxes
					.get(message.requestId)
					?.put({ kind: "counts", counts: message.counts });
				return;
			case "done":
				if (isCompletion(message.requestId))
					this.#onDidComplete.fire(message.stats);
				this.#mailboxes.get(message.requestId)?.put({
					kind: "end",
					end: {
						kind: "done",
						stopReason: message.stopReason,
						stats: message.stats,
					},
				});
				return;
			case "failed":
				this.#mailboxes.get(message.requestId)?.put({
					kind: "end",
					end: { kind: "failed", error: message.error },
				});
				return;
			default:
		}
	}

	#endAll(error: HeadroomError): void {
		for (const mailbox of this.#mailboxes.values())
			mailbox.put({ kind: "end", end: { kind: "failed", error } });
		this.#mailboxes.clear();
	}
}

const completionPrefix = "c";

function isCompletion(requestId: string): boolean {
	return requestId.startsWith(completionPrefix);
}

function cancelRequest(connection: EngineConnection, requestId: string): void {
	connection.send({ kind: "cancel", requestId });
}
