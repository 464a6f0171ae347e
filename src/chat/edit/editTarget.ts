/** Which file a block of an answer is to change. */

import type { Attachment } from "../../protocol/conversation.ts";
import { fileNamed } from "../../workspace/namedFile.ts";

export interface EditSurroundings {
	/** The path that the answer names; null where it names none. */
	readonly named: string | null;
	/** Of the question. */
	readonly attachments: readonly Attachment[];
	/** The path of the file that is looked at; null where none is. */
	readonly visible: string | null;
}

export type EditTarget =
	| { readonly kind: "path"; readonly path: string }
	/** It is neither attached nor looked at, and may be elsewhere in the workspace. */
	| { readonly kind: "elsewhere"; readonly name: string }
	| { readonly kind: "unclear" };

/** What the answer names goes before what was attached, and that before what is looked at. */
export function editTarget({
	named,
	attachments,
	visible,
}: EditSurroundings): EditTarget {
	const attached = pathsOf(attachments);
	if (named !== null) {
		const near = visible === null ? attached : [...attached, visible];
		const found = fileNamed(named, near);
		return found.kind === "found"
			? { kind: "path", path: found.path }
			: { kind: "elsewhere", name: named };
	}
	const [first, ...others] = attached;
	if (first !== undefined && others.length === 0)
		return { kind: "path", path: first };
	// Of several, the one that is looked at.
	if (visible !== null && (first === undefined || attached.includes(visible)))
		return { kind: "path", path: visible };
	return { kind: "unclear" };
}

/** The text that was selected in a file; null where none was attached. */
export function selectionIn(
	path: string,
	attachments: readonly Attachment[],
): string | null {
	const selection = attachments.findLast(
		(it) => it.kind === "selection" && it.path === path,
	);
	return selection?.text ?? null;
}

function pathsOf(attachments: readonly Attachment[]): string[] {
	return [...new Set(attachments.flatMap(({ path }) => path ?? []))];
}
