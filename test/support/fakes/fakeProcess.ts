/** An engine process that exists only in a test. */

import type {
	EngineProcess,
	ProcessExit,
} from "../../../src/client/engineProcess.ts";
import type {
	FromEngine,
	ToEngine,
} from "../../../src/protocol/engineProtocol.ts";

export class FakeProcess implements EngineProcess {
	readonly sent: ToEngine[] = [];
	killed = false;
	/** Whether it answers no more. */
	frozen = false;
	#onMessage: (message: unknown) => void = () => {};
	readonly #onExit: ((exit: ProcessExit) => void)[] = [];

	send(message: unknown): void {
		const sent = message as ToEngine;
		if (sent.kind !== "ping") this.sent.push(sent);
		else if (!this.frozen) this.says({ kind: "pong" });
	}

	onMessage(listener: (message: unknown) => void): void {
		this.#onMessage = listener;
	}

	onExit(listener: (exit: ProcessExit) => void): void {
		this.#onExit.push(listener);
	}

	kill(): void {
		this.killed = true;
		this.exit("signal SIGKILL");
	}

	//#region What a test makes it do
	says(message: FromEngine): void {
		this.#onMessage(message);
	}

	hello(): void {
		this.says({ kind: "hello", pid: 1 });
	}

	exit(why = "exit code 1"): void {
		for (const listener of this.#onExit.splice(0)) listener({ why });
	}
	//#endregion
}
