/** VS Code's cancellation tokens as the abort signals that the layers below take. */

import type { CancellationToken } from "vscode";

export function abortSignal(token: CancellationToken): AbortSignal {
	const controller = new AbortController();
	if (token.isCancellationRequested) controller.abort();
	else token.onCancellationRequested(() => controller.abort());
	return controller.signal;
}
