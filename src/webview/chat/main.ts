/** Starts the chat panel in its webview: sends `ready`, and creates the panel with the strings that the host returns. */

import { App } from "./app.ts";
import { connect } from "./host.ts";
import { Strings } from "./strings.ts";

let app: App | undefined;

const host = connect((message) => {
	const strings = message.kind === "strings" ? message.strings : {};
	const { body, documentElement } = document;
	app ??= new App(body, host, new Strings(strings, documentElement.lang));
	app.onMessage(message);
});
host.post({ kind: "ready" });
