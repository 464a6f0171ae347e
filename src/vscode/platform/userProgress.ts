/** Long work that the user started: a notification with progress and a way to cancel it. */

import * as vscode from "vscode";
import { throttle } from "../../base/throttle.ts";
import { abortSignal } from "./cancellation.ts";

export interface UserProgress {
	readonly message: string;
	/** 0 to 1; absent where it is not known. */
	readonly fraction?: number;
}

/** More is not read, and each update is a message to another process. */
const pauseMs = 250;

export async function withUserProgress<T>(
	title: string,
	run: (
		signal: AbortSignal,
		report: (progress: UserProgress) => void,
	) => Promise<T>,
): Promise<T> {
	return await vscode.window.withProgress(
		{
			location: vscode.ProgressLocation.Notification,
			title,
			cancellable: true,
		},
		async (progress, token) => {
			let shown = 0;
			const report = throttle<UserProgress>(
				pauseMs,
				({ message, fraction = shown }) => {
					// VS Code adds increments up.
					const increment = Math.max(0, fraction - shown) * 100;
					shown = Math.max(shown, fraction);
					progress.report({ message, increment });
				},
			);
			return await run(abortSignal(token), report);
		},
	);
}
