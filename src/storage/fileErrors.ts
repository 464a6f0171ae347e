/** What errors of the file system mean, in words for the user. */

import { inEnglish, type Phrase, phrase } from "../base/sentence.ts";
import { formatBytes } from "../base/units.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../protocol/errors.ts";

/** The code of a system error, such as `ENOENT`; undefined for any other exception. */
export function codeOf(thrown: unknown): string | undefined {
	const { code } = (thrown ?? {}) as { readonly code?: unknown };
	return typeof code === "string" ? code : undefined;
}

/** Why a file or folder cannot be read: a phrase for known errors, or else the message of the system. */
export function reasonOf(thrown: unknown): string | Phrase {
	switch (codeOf(thrown)) {
		case "ENOENT":
			return phrase("it does not exist", {});
		case "EACCES":
		case "EPERM":
			return phrase("permission was denied", {});
		case "EISDIR":
			return phrase("it is a folder", {});
		case "ENOTDIR":
			return phrase("it is not a folder", {});
		case "ELOOP":
			return phrase("its symbolic links are circular", {});
		default:
			return messageOf(thrown);
	}
}

/** The same in English, for the log. */
export function readFailureReason(thrown: unknown): string {
	const reason = reasonOf(thrown);
	return typeof reason === "string" ? reason : inEnglish(reason);
}

/** Why the file cannot be written to the folder. */
export function writeError(
	file: string,
	folder: string,
	thrown: unknown,
): HeadroomError {
	const code = codeOf(thrown);
	if (code === "ENOSPC" || code === "EDQUOT" || code === "EFBIG")
		return createError("diskFull", { file, folder });
	const why =
		code === "EACCES" || code === "EPERM"
			? phrase("permission was denied", {})
			: code === "EROFS"
				? phrase("it is read-only", {})
				: messageOf(thrown);
	return createError("folderUnusable", { folder, why });
}

/** The disk has too little room for the file. */
export function roomError(
	file: string,
	folder: string,
	bytes: { readonly free: number; readonly needed: number },
): HeadroomError {
	return createError("diskTooSmall", {
		file,
		folder,
		free: formatBytes(bytes.free),
		needed: formatBytes(bytes.needed),
	});
}
