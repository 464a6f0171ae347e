/**
 * Reports what Headroom logs and decides in this window to files in the folder that HEADROOM_TEST_REPORTS names: tests that drive the
 * window from outside have no other view of it, and the server that they run has no log files.
 */

const { renameSync, writeFileSync } = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");

const everyMs = 50;
const { HEADROOM_TEST_REPORTS: folder } = process.env;

exports.activate = (context) => {
	let written = "";
	const timer = setInterval(() => {
		const headroom = vscode.extensions.getExtension("headroom.headroom");
		if (!headroom?.isActive) return;
		const text = headroom.exports.recentLog().join("\n");
		if (text !== written) {
			written = text;
			replace(`${process.pid}.log`, text);
		}
		replace(
			`${process.pid}.json`,
			JSON.stringify({
				atMs: Date.now(),
				cursor: cursor(),
				requestCount: headroom.exports.requestCount(),
				decision: headroom.exports.decisions()[0] ?? null,
				suggestion: headroom.exports.lastSuggestion() ?? null,
			}),
		);
	}, everyMs);
	context.subscriptions.push({ dispose: () => clearInterval(timer) });
};

/** Counted from 1, as decisions are. */
function cursor() {
	const active = vscode.window.activeTextEditor?.selection.active;
	return active
		? { line: active.line + 1, column: active.character + 1 }
		: null;
}

/** Nobody reads half of a file. */
function replace(name, text) {
	const file = path.join(folder, name);
	writeFileSync(`${file}.partial`, text);
	renameSync(`${file}.partial`, file);
}
