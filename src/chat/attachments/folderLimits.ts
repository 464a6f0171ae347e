/** Limits of an attached folder: it is attached as a whole or not at all, because nobody would notice missing files. */

import { failure, type Result, success } from "../../base/result.ts";
import { formatBytes } from "../../base/units.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";

/** Nobody reviews a longer list of attachments. */
export const maxFolderFiles = 100;
/** Some 100,000 tokens, more than the context window of any model that runs on such machines. */
export const maxFolderBytes = 400 * 1024;

export function checkCount(
	folder: string,
	count: number,
): Result<void, HeadroomError> {
	if (count === 0) return failure(createError("folderEmpty", { folder }));
	if (count <= maxFolderFiles) return success(undefined);
	return failure(
		createError("folderTooMany", {
			folder,
			count: String(count),
			most: String(maxFolderFiles),
		}),
	);
}

/** @param sizesBytes of the files to attach. */
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
