/**
 * Sends requests to the engine and streams the answers.
 *
 * Invariant: every stream ends with an outcome, also when the process dies, and never throws. An abort ends it within a second, whatever the
 * engine does.
 */

import { orAborted } from "../base/abort.ts";
import type { Disposable } from "../base/disposable.ts";
import { Emitter, type Event } from "../base/event.ts";
import { failure, type Result, success } from "../base/result.ts";
import { type SetTimer, setRealTimer } from "../base/timers.ts";
import type {
	AnswerChunk,
	ChatRequest,
	ChatTurn,
	TokenCounts,
} from "../protocol/chat.ts";
import type { FromEngine, ToEngine } from "../protocol/engineProtocol.ts";
import { type ChatLoaded, loadedModel } from "../protocol/engineStatus.ts";
import type { HeadroomError } from "../protocol/errors.ts";
import type {
	CompletionChunk,
	FimRequest,
	GenerationEnd,
	GenerationStats,
} from "../protocol/generation.ts";
import type { References } from "../protocol/references.ts";
import type { EngineConnection, Supervisor } from "./supervisor.ts";

export interface GenerationStream {
	readonly requestId: string;
	readonly chunks: AsyncGenerator<CompletionChunk, GenerationEnd>;
}

type Pending =
	| { readonly kind: "chunk"; readonly chunk: ReceivedChunk }
	| { readonly kind: "counts"; readonly counts: TokenCounts }
	| { readonly kind: "chatLoaded"; readonly loaded: ChatLoaded }
	| { readonly kind: "end"; readonly end: GenerationEnd };

interface ReceivedChunk extends AnswerChunk {
	readonly probability: number;
}

/** Messages for one request that were not read yet. */
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

/** How long a cancelled request waits for the engine, which says so when its step in progress has ended. */
const cancelGraceMs = 800;

export class EngineClient implements Disposable {
	readonly #supervisor: Supervisor;
	readonly #setTimer: SetTimer;
	readonly #mailboxes = new Map<string, Mailbox>();
	readonly #subscriptions: readonly Disposable[];
	readonly #onDidComplete = new Emitter<GenerationStats>();
	readonly #onDidStart = new Emitter<void>();
	/** `onDidStart` has fired for the running process. */
	#isStarted = false;
	#requests = 0;
	#userRequests = 0;

	/** Fires with the statistics of each completion that the engine finished. */
	readonly onDidComplete: Event<GenerationStats> = this.#onDidComplete.event;
	/** Fires when a process is ready for the first time. It has none of the state that was sent to an earlier process. */
	readonly onDidStart: Event<void> = this.#onDidStart.event;

	constructor(supervisor: Supervisor, setTimer: SetTimer = setRealTimer) {
		this.#supervisor = supervisor;
		this.#setTimer = setTimer;
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

	/** Requests that a user waited for, without prefetching. */
	get requestCount(): number {
		return this.#userRequests;
	}

	/**
	 * An abort ends the stream with the stop reason `cancelled`, as soon as the engine has stopped working on it, or
	 * does not answer.
	 *
	 * @param replaces the id of a request that this one steers; it ends as cancelled.
	 */
	complete(
		request: FimRequest,
		signal: AbortSignal,
		replaces?: string,
	): GenerationStream {
		const requestId = `${completionPrefix}${++this.#requests}`;
		if (request.priority === "typing") this.#userRequests++;
		const message = {
			kind: "complete",
			requestId,
			request,
			...(replaces !== undefined && { replaces }),
		} as const;
		return {
			requestId,
			chunks: this.#stream(message, signal, ({ text, probability }) => ({
				text,
				probability,
			})),
		};
	}

	/** Answers the last question of a conversation; an abort ends the answer as it ends a completion. */
	chat(
		request: ChatRequest,
		signal: AbortSignal,
	): AsyncGenerator<AnswerChunk, GenerationEnd> {
		const requestId = `a${++this.#requests}`;
		const message = { kind: "chat", requestId, request } as const;
		return this.#stream(message, signal, ({ segment, text }) => ({
			segment,
			text,
		}));
	}

	/** Token counts of a conversation; undefined where no model is ready. Starts nothing. */
	async count(
		turns: readonly ChatTurn[],
	): Promise<Result<TokenCounts, HeadroomError> | undefined> {
		const { running, status } = this.#supervisor;
		if (!running || !loadedModel(status)) return undefined;
		const requestId = `n${++this.#requests}`;
		const mailbox = new Mailbox();
		this.#mailboxes.set(requestId, mailbox);
		try {
			running.send({ kind: "count", requestId, turns });
			const item = await mailbox.take();
			if (item.kind === "counts") return success(item.counts);
			// `engineStopped`: a load has begun meanwhile.
			return item.kind === "end" &&
				item.end.kind === "failed" &&
				item.end.error.code !== "engineStopped"
				? failure(item.end.error)
				: undefined;
		} finally {
			this.#mailboxes.delete(requestId);
		}
	}

	/**
	 * Loads the chat's model in advance of a question, unless it is loaded; starts the engine for that. Undefined when the signal aborts first: the load
	 * goes on.
	 */
	async loadChat(
		signal: AbortSignal,
	): Promise<Result<ChatLoaded, HeadroomError> | undefined> {
		const connected = await orAborted(this.#supervisor.connect(), signal);
		if (!connected?.ok) return connected;
		const requestId = `h${++this.#requests}`;
		const mailbox = new Mailbox();
		this.#mailboxes.set(requestId, mailbox);
		try {
			connected.value.send({ kind: "loadChat", requestId });
			const item = await orAborted(mailbox.take(), signal);
			if (item?.kind === "chatLoaded") return success(item.loaded);
			return item?.kind === "end" && item.end.kind === "failed"
				? failure(item.end.error)
				: undefined;
		} finally {
			this.#mailboxes.delete(requestId);
		}
	}

	/** Has a running engine delete the KV snapshot of a conversation, also one that it is about to write. */
	deleteState(stateFile: string): void {
		this.#supervisor.running?.send({ kind: "deleteState", stateFile });
	}

	/** Has a running engine delete the KV snapshots of completion prompts, also those that it is about to write. */
	clearPrompts(): void {
		this.#supervisor.running?.send({ kind: "clearPrompts" });
	}

	/**
	 * Sends the texts for prompt lookup decoding. Starts nothing.
	 *
	 * @returns false where no engine is ready.
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
		read: (chunk: ReceivedChunk) => T,
	): AsyncGenerator<T, GenerationEnd> {
		const { requestId } = message;
		if (signal.aborted) return { kind: "cancelled" };
		const connected = await orAborted(this.#supervisor.connect(), signal);
		if (connected === undefined) return { kind: "cancelled" };
		if (!connected.ok) return { kind: "failed", error: connected.error };

		const mailbox = new Mailbox();
		this.#mailboxes.set(requestId, mailbox);
		const cancel = (): void => cancelRequest(connected.value, requestId);
		let grace: Disposable | undefined;
		const onAbort = (): void => {
			cancel();
			grace = this.#setTimer(
				() => mailbox.put({ kind: "end", end: { kind: "cancelled" } }),
				cancelGraceMs,
			);
		};
		signal.addEventListener("abort", onAbort, { once: true });
		let ended = false;
		// Aborted between the connection and the listener.
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
			signal.removeEventListener("abort", onAbort);
			grace?.dispose();
			this.#mailboxes.delete(requestId);
			// The reader left before the end.
			if (!ended) cancel();
		}
	}

	#receive(message: FromEngine): void {
		switch (message.kind) {
			case "chunk":
				this.#mailboxes.get(message.requestId)?.put({
					kind: "chunk",
					chunk: {
						segment: message.segment,
						text: message.text,
						probability: message.probability ?? 1,
					},
				});
				return;
			case "counted":
				this.#mailboxes
					.get(message.requestId)
					?.put({ kind: "counts", counts: message.counts });
				return;
			case "chatLoaded":
				this.#mailboxes
					.get(message.requestId)
					?.put({ kind: "chatLoaded", loaded: message.loaded });
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
