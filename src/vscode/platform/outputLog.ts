/** The log channel of the extension, behind the interface that the core knows. */

import type * as vscode from "vscode";
import { type Log, logTo } from "../../base/log.ts";

export function logToChannel(channel: vscode.LogOutputChannel): Log {
	return logTo((level, message) => channel[level](message));
}
