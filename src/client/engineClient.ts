/**
 * Requests to the engine as streams.
 *
 * Invariant: every stream ends with an outcome, also when the process dies, and never throws.
 */

import { orAborted } from "../base/abort.ts";
import type { Disposable } from "../base/disposable.ts";
import { Emitter, type Event } from "../base/event.ts";
import type { FromEngine } from "../protocol/engineProtocol.ts";
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
	| { readonly kind: "chunk"; readonly text: string }
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

	/** Fires with what each request took that the engine came to an end with. */
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
		const requestId = `c${++this.#requests}`;
		if (request.priority === "typing") this.#awaitedRequests++;
		return { requestId, chunks: this.#stream(requestId, request, signal) };
	}

	/**
	 * Tells the engine which texts an answer may repeat.
	 *
	 * @returns false where none is ready to be told; none is started for it.
	 */
	tellReferences(references: References): boolean {
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

	async *#stream(
		requestId: string,
		request: FimRequest,
		signal: AbortSignal,
	): AsyncGenerator<string, GenerationEnd> {
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
			connected.value.send({ kind: "complete", requestId, request });
			for (;;) {
				const item = await mailbox.take();
				if (item.kind === "end") {
					ended = true;
					return item.end;
				}
				yield item.text;
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
				this.#mailboxes
					.get(message.requestId)
					?.put({ kind: "chunk", text: message.text });
				return;
			case "done":
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

function cancelRequest(connection: EngineConnection, requestId: string): void {
	connection.send({ kind: "cancel", requestId });
}
