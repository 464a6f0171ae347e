/** What the windows of a session report, by the extension in test/support/windowReporter. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { CompletionDecision } from "../../../src/completion/session/decisions.ts";
import type { GivenSuggestion } from "../../../src/vscode/completion/inlineCompletionProvider.ts";

export interface WindowReport {
	/** When it was written. */
	readonly atMs: number;
	/** Of the active editor, counted from 1. */
	readonly cursor: { readonly line: number; readonly column: number } | null;
	/** Completion requests that the engine was sent. */
	readonly requestCount: number;
	/** The newest. */
	readonly decision: CompletionDecision | null;
	/** What the editor got last, which it may not show yet. */
	readonly suggestion: GivenSuggestion | null;
}

export class WindowReports {
	readonly folder = mkdtempSync(path.join(os.tmpdir(), "headroom-reports-"));

	/** Of the window that is open. */
	newest(): WindowReport | undefined {
		return this.#files(".json")
			.map((text): WindowReport => JSON.parse(text))
			.sort((a, b) => b.atMs - a.atMs)[0];
	}

	/** The log lines of every window so far. */
	logLines(): string[] {
		return this.#files(".log").flatMap((text) => text.split("\n"));
	}

	remove(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}

	#files(ending: string): string[] {
		return readdirSync(this.folder)
			.filter((name) => name.endsWith(ending))
			.map((name) => readFileSync(path.join(this.folder, name), "utf8"));
	}
}
