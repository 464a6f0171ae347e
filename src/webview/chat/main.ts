/** Starts the chat panel in its webview: says that it is ready, and begins with the texts that the host answers. */

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
