/** Writes what Headroom logs into a folder, a file for each window: the server that the tests run in has no log files. */

const { writeFileSync } = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");

const folder = process.env.HEADROOM_TEST_LOGS;

exports.activate = (context) => {
	let written = "";
	const timer = setInterval(() => {
		const headroom = vscode.extensions.getExtension("headroom.headroom");
		if (!headroom?.isActive) return;
		const text = headroom.exports.recentLog().join("\n");
		if (text === written) return;
		written = text;
		writeFileSync(path.join(folder, `${process.pid}.log`), text);
	}, 100);
	context.subscriptions.push({ dispose: () => clearInterval(timer) });
};
