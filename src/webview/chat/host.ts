/** The other end: the extension host, through what VS Code gives a webview. */

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

/** What outlives the page, besides what the host knows. */
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
		// What does not parse is of another version: shown or not, it could not be right.
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
