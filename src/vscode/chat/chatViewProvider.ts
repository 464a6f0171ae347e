/** Registers the chat view: its page, and the messages between the page and the panel. */

import * as vscode from "vscode";
import type { Disposable } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import { FromChatView } from "../../protocol/chatView.ts";
import { chatHtml } from "./chatHtml.ts";
import type { ChatPanel } from "./chatPanel.ts";

/** In the primary side bar: only VS Code 1.106 and later let extensions contribute to the secondary one, and older versions warn. */
export const chatViewId = "headroom.chat";

export interface ChatViewContext {
	readonly extensionUri: vscode.Uri;
	/** Creates the panel on first use. */
	readonly panel: () => ChatPanel;
	readonly log: Log;
}

/** Without `retainContextWhenHidden`: a hidden page is discarded, and the next one requests everything with `ready`. */
export function registerChatView(context: ChatViewContext): Disposable {
	return vscode.window.registerWebviewViewProvider(chatViewId, {
		resolveWebviewView: (view) => resolve(view, context),
	});
}

function resolve(
	view: vscode.WebviewView,
	{ extensionUri, panel: panelOf, log }: ChatViewContext,
): void {
	const panel = panelOf();
	const { webview } = view;
	const at = (...path: readonly string[]) =>
		vscode.Uri.joinPath(extensionUri, ...path);
	webview.options = {
		enableScripts: true,
		localResourceRoots: [at("dist", "webview"), at("media")],
	};
	webview.onDidReceiveMessage((raw) => {
		const parsed = FromChatView.safeParse(raw);
		if (parsed.success) void panel.receive(parsed.data);
		else log.warn("chat: the view sent an invalid message");
	});
	const connect = (): void =>
		panel.connect((message) => void webview.postMessage(message));
	connect();
	view.onDidChangeVisibility(() => {
		if (!view.visible) connect();
	});
	view.onDidDispose(() => panel.connect(undefined));
	webview.html = chatHtml({
		cspSource: webview.cspSource,
		nonce: globalThis.crypto.randomUUID().replaceAll("-", ""),
		scriptUri: webview
			.asWebviewUri(at("dist", "webview", "chat.js"))
			.toString(),
		styleUri: webview.asWebviewUri(at("media", "chat.css")).toString(),
		language: vscode.env.language,
		title: vscode.l10n.t("Headroom Chat"),
	});
}
