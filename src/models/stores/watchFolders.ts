/** Tells when something changed in a few folders. */

import { type FSWatcher, watch } from "node:fs";
import { type Disposable, toDisposable } from "../../base/disposable.ts";

/** Linux gives a user some thousand watches, which the editor needs too. */
const maxFolders = 256;
/** A tool that puts a model in place renames, links and writes a few files. */
const defaultPauseMs = 500;
/** Downloads under way change all the time, and end with a new name. */
const passing = /\.(part|incomplete|downloading|downloadinprogress|tmp)$/i;

/**
 * Calls `onChange` once things have been quiet for `pauseMs`. Not recursive: each folder must be named. A folder that cannot be watched, or
 * is no longer there, is left out.
 */
export function watchFolders(
	folders: readonly string[],
	onChange: () => void,
	pauseMs = defaultPauseMs,
): Disposable {
	let timer: NodeJS.Timeout | undefined;
	const changed = (_event: string, name: string | null) => {
		if (name !== null && passing.test(name)) return;
		clearTimeout(timer);
		timer = setTimeout(onChange, pauseMs);
		timer.unref();
	};
	const watchers = folders
		.slice(0, maxFolders)
		.map((folder) => watchFolder(folder, changed))
		.filter((it) => it !== undefined);
	return toDisposable(() => {
		clearTimeout(timer);
		for (const watcher of watchers) watcher.close();
	});
}

function watchFolder(
	folder: string,
	changed: (event: string, name: string | null) => void,
): FSWatcher | undefined {
	try {
		const watcher = watch(folder, { persistent: false }, changed);
		watcher.on("error", () => watcher.close());
		return watcher;
	} catch {
		return undefined;
	}
}
