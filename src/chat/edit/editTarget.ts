/** Decides which file a code block of an answer changes. */

import type { Attachment } from "../../protocol/attachment.ts";
import { fileNamed } from "../../workspace/namedFile.ts";

export interface EditSurroundings {
	/** The path that the answer names; null if it names none. */
	readonly named: string | null;
	/** The question's. */
	readonly attachments: readonly Attachment[];
	/** The path of the file in the active editor; null if there is none. */
	readonly visible: string | null;
}

export type EditTarget =
	| { readonly kind: "path"; readonly path: string }
	/** Neither attached nor visible: it may be elsewhere in the workspace. */
	| { readonly kind: "elsewhere"; readonly name: string }
	| { readonly kind: "unclear" };

/** A file that the answer names comes first, then an attached one, then the visible one. */
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
	// Of several, the visible one.
	if (visible !== null && (first === undefined || attached.includes(visible)))
		return { kind: "path", path: visible };
	return { kind: "unclear" };
}

/** The text of an attached selection in a file; null if there is none. */
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
