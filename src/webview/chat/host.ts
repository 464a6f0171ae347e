/** Messages to and from the extension host, through the webview API of VS Code. */

import {
	type FromChatView,
	ToChatView,
	type ToChatView as ToView,
} from "../../protocol/chatView.ts";

interface VsCodeApi {
	postMessage(message: FromChatView): void;
	getState(): unknown;
	setState(state: ViewState): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** State that VS Code keeps while the page is discarded. */
interface ViewState {
	readonly draft: string;
}

export interface Host {
	readonly post: (message: FromChatView) => void;
	readonly keep: (state: ViewState) => void;
	readonly kept: ViewState;
}

export function connect(onMessage: (message: ToView) => void): Host {
	const api = acquireVsCodeApi();
	window.addEventListener("message", ({ data }) => {
		// An invalid message is of another version of the extension.
		const parsed = ToChatView.safeParse(data);
		if (parsed.success) onMessage(parsed.data);
	});
	return {
		post: (message) => api.postMessage(message),
		keep: (state) => api.setState(state),
		kept: { draft: draftOf(api.getState()) },
	};
}

function draftOf(state: unknown): string {
	if (typeof state !== "object" || state === null || !("draft" in state))
		return "";
	return typeof state.draft === "string" ? state.draft : "";
}
