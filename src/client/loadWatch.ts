/** Waits for the end of one load, among all that the engine tells of itself. */

import path from "node:path";
import type { Disposable } from "../base/disposable.ts";
import type { EngineStatus } from "../protocol/engineStatus.ts";
import type { HeadroomError } from "../protocol/errors.ts";
import type { ModelDescription } from "../protocol/model.ts";
import type { Supervisor } from "./supervisor.ts";

export type LoadEnd =
	| { readonly kind: "ready"; readonly model: ModelDescription }
	| {
			readonly kind: "failed";
			readonly file: string;
			readonly error: HeadroomError;
	  }
	/** Another file was loaded, because something else was chosen meanwhile. */
	| { readonly kind: "superseded" }
	| { readonly kind: "stopped" };

export interface LoadWatchOptions {
	readonly engine: Pick<Supervisor, "status" | "onDidChangeStatus">;
	readonly file: string;
	/** Whether this file is still what the engine is meant to load. */
	readonly isWanted: () => boolean;
	/** 0 to 1. */
	readonly onProgress: (fraction: number) => void;
}

export class LoadWatch implements Disposable {
	readonly #options: LoadWatchOptions;
	readonly #subscription: Disposable;
	#settle: (end: LoadEnd) => void = () => {};
	#loadingFile: string | undefined;
	#hasBegun = false;
	#hasHeard = false;

	readonly end = new Promise<LoadEnd>((resolve) => {
		this.#settle = resolve;
	});

	constructor(options: LoadWatchOptions) {
		this.#options = options;
		this.#subscription = options.engine.onDidChangeStatus((status) =>
			this.#hear(status),
		);
	}

	/** The file is what the engine is meant to load from now on: before, it may still speak of another. */
	begin(): void {
		this.#hasBegun = true;
		const { status } = this.#options.engine;
		if (this.#hasHeard || status.kind === "ready") this.#look(status);
	}

	dispose(): void {
		this.#subscription.dispose();
	}

	#hear(status: EngineStatus): void {
		this.#hasHeard = true;
		if (status.kind === "loading") this.#loadingFile = status.file;
		if (this.#hasBegun) this.#look(status);
	}

	#look(status: EngineStatus): void {
		const { engine, isWanted, onProgress } = this.#options;
		switch (status.kind) {
			case "loading":
				if (this.#isIt(status.file)) onProgress(status.fraction);
				return;
			case "ready":
			case "generating":
				if (this.#isIt(status.model.file))
					this.#settle({ kind: "ready", model: status.model });
				else if (!isWanted()) this.#settle({ kind: "superseded" });
				return;
			case "failed":
				// Not of a load that was under way before.
				if (this.#isIt(this.#loadingFile)) this.#fail(status.error);
				return;
			case "crashed":
				if (status.restartInMs === null) this.#fail(status.error);
				return;
			case "stopped":
				// A restart passes through it.
				setImmediate(() => {
					if (engine.status.kind === "stopped")
						this.#settle({ kind: "stopped" });
				});
				return;
			default:
		}
	}

	#fail(error: HeadroomError): void {
		this.#settle({ kind: "failed", file: this.#options.file, error });
	}

	#isIt(file: string | undefined): boolean {
		return (
			file !== undefined &&
			path.resolve(file) === path.resolve(this.#options.file)
		);
	}
}
