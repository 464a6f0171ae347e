/** Where a file really is, symbolic links followed: those of its folders, too. */

import { realpathSync } from "node:fs";
import path from "node:path";

export type RealPlace =
	| {
			readonly kind: "inside";
			/** Of the given folders, the one that it is in. */
			readonly folder: string;
			/** Relative to the folder, with forward slashes; empty for the folder itself. */
			readonly path: string;
			/** Its real name is another one. */
			readonly isLinked: boolean;
	  }
	| {
			readonly kind: "outside";
			/** Absolute, with forward slashes. */
			readonly path: string;
	  };

/**
 * Opens nothing. Undefined where there is no such file, as behind links that lead in a circle.
 *
 * @param folders may be links themselves.
 */
export function realPlaceOf(
	file: string,
	folders: readonly string[],
): RealPlace | undefined {
	const real = realPathOf(file);
	if (real === undefined) return undefined;
	for (const folder of folders) {
		const within = pathIn(realPathOf(folder), real);
		if (within === undefined) continue;
		const named = pathIn(path.resolve(folder), path.resolve(file));
		return {
			kind: "inside",
			folder,
			path: within,
			// Some disks tell `README` and `readme` apart, others do not.
			isLinked: named?.toLowerCase() !== within.toLowerCase(),
		};
	}
	return { kind: "outside", path: real.replaceAll(path.sep, "/") };
}

function realPathOf(file: string): string | undefined {
	try {
		return realpathSync.native(file);
	} catch {
		return undefined;
	}
}

/** Undefined where the file is not in the folder. */
function pathIn(folder: string | undefined, file: string): string | undefined {
	if (folder === undefined) return undefined;
	const relative = path.relative(folder, file);
	const isInside =
		relative !== ".." &&
		!relative.startsWith(`..${path.sep}`) &&
		!path.isAbsolute(relative);
	return isInside ? relative.replaceAll(path.sep, "/") : undefined;
}
