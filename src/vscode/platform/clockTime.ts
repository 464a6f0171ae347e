/** Formats times of day in the language of the editor. */

import * as vscode from "vscode";

/** To the minute, as in `14:05`. */
export function clockTime(atMs: number): string {
	return new Date(atMs).toLocaleTimeString(vscode.env.language, {
		hour: "2-digit",
		minute: "2-digit",
	});
}

/** To the second, as in `14:05:09`. */
export function clockTimeWithSeconds(atMs: number): string {
	return new Date(atMs).toLocaleTimeString(vscode.env.language);
}
