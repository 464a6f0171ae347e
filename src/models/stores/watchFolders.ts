/** Watches a few folders for changes. */

import { type FSWatcher, watch } from "node:fs";
import { type Disposable, toDisposable } from "../../base/disposable.ts";

/** Linux limits watches per user, and the editor needs them too. */
const maxFolders = 256;
/** Installing a model takes several file operations. */
const defaultPauseMs = 500;
/** Running downloads change all the time; finished ones are renamed. */
const passing = /\.(part|incomplete|downloading|downloadinprogress|tmp)$/i;

/**
 * Debounced: calls `onChange` after `pauseMs` without a change. Not recursive. Skips folders that cannot be watched or do not exist.
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
