/** What the system says when a file or folder cannot be read. */

import { messageOf } from "../protocol/errors.ts";

export function codeOf(thrown: unknown): string | undefined {
	return (thrown as NodeJS.ErrnoException | undefined)?.code;
}

/** Why a file or folder cannot be read, as the end of a sentence. */
export function reasonOf(thrown: unknown): string {
	switch (codeOf(thrown)) {
		case "ENOENT":
			return "it does not exist";
		case "EACCES":
		case "EPERM":
			return "permission was denied";
		case "EISDIR":
			return "it is a folder";
		case "ENOTDIR":
			return "it is not a folder";
		case "ELOOP":
			return "its links go round in a circle";
		default:
			return messageOf(thrown);
	}
}
