/** How much of a folder is attached to a question: all of it or nothing, because what is missing would not be seen. */

import { failure, type Result, success } from "../../base/result.ts";
import { formatBytes } from "../../base/units.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";

/** More files than anyone looks through in a list of what was attached. */
export const maxFolderFiles = 100;
/** Some 100,000 tokens: more than the models have room for that run on such machines. */
export const maxFolderBytes = 400 * 1024;

export function checkCount(
	folder: string,
	count: number,
): Result<void, HeadroomError> {
	if (count === 0) return failure(createError("folderEmpty", { folder }));
	if (count <= maxFolderFiles) return success(undefined);
	const most = String(maxFolderFiles);
	return failure(
		createError("folderTooMany", { folder, count: String(count), most }),
	);
}

/** @param sizesBytes of the files that would go along. */
export function checkSize(
	folder: string,
	sizesBytes: readonly number[],
): Result<void, HeadroomError> {
	const total = sizesBytes.reduce((sum, size) => sum + size, 0);
	if (total <= maxFolderBytes) return success(undefined);
	return failure(
		createError("folderTooLarge", {
			folder,
			bytes: formatBytes(total),
			most: formatBytes(maxFolderBytes),
		}),
	);
}
