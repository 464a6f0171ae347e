/** What the user can attach to a question, by choosing or mentioning it. */

import type { Mention } from "../../../chat/attachments/mentions.ts";
import type { ContextChip } from "../../../protocol/chatView.ts";

export type Attachable =
	/** Paths are relative to the workspace, or the last segments of such a path. */
	| { readonly kind: "file"; readonly path: string }
	| { readonly kind: "folder"; readonly path: string }
	| {
			readonly kind: "symbol";
			readonly name: string;
			/** Null if only the name is known. */
			readonly place: { readonly path: string; readonly line: number } | null;
	  }
	| { readonly kind: "problems" }
	| { readonly kind: "changes" };

export function attachableOf({ kind, name }: Mention): Attachable {
	switch (kind) {
		case "file":
		case "folder":
			return { kind, path: name };
		case "symbol":
			return { kind, name, place: null };
		case "problems":
		case "changes":
			return { kind };
	}
}

/** Equal for equal attachables, so that nothing is attached twice. */
export function attachableId(attachable: Attachable): string {
	switch (attachable.kind) {
		case "file":
		case "folder":
			return `${attachable.kind}:${attachable.path}`;
		case "symbol": {
			const { name, place } = attachable;
			return place
				? `symbol:${name}@${place.path}:${place.line}`
				: `symbol:${name}`;
		}
		case "problems":
		case "changes":
			return attachable.kind;
	}
}

export function chipOf(attachable: Attachable): ContextChip {
	return {
		id: attachableId(attachable),
		label: labelOf(attachable),
		kind: attachable.kind,
		tokens: null,
		removable: true,
	};
}

function labelOf(attachable: Attachable): string {
	switch (attachable.kind) {
		case "file":
			return attachable.path;
		case "folder":
			return `${attachable.path}/`;
		case "symbol":
			return attachable.name;
		case "problems":
		case "changes":
			return `#${attachable.kind}`;
	}
}
