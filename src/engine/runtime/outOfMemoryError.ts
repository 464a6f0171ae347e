/** Tells whether llama.cpp failed for lack of memory: the library's own check says so, what it throws, or only llama.cpp's log. */

import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import { saysOutOfMemory } from "../../protocol/memory/outOfMemory.ts";
import { InsufficientMemoryError } from "./nodeLlamaCpp.ts";

/** What llama.cpp has logged since the work began. */
export interface LoggedErrors {
	clear(): void;
	/** A line that says that memory ran out. */
	readonly memoryCause: string | undefined;
}

/** Without the plan's figures, which the load knows. Undefined for another failure. */
export function outOfMemoryError(
	file: string,
	thrown: unknown,
	{ memoryCause }: LoggedErrors,
): HeadroomError | undefined {
	const message = messageOf(thrown);
	const isShort =
		thrown instanceof InsufficientMemoryError || saysOutOfMemory(message);
	const why = isShort ? message : memoryCause;
	return why === undefined
		? undefined
		: createError("modelOutOfMemory", {
				file,
				why,
				needs: [{ kind: "unplanned" }],
			});
}
