/** What can go along with a question because someone chose or named it. */

import type { Mention } from "../../../chat/attachments/mentions.ts";
import type { ContextChip } from "../../../protocol/chatView.ts";

export type Reference =
	/** Paths are relative to the workspace, or ends of such. */
	| { readonly kind: "file"; readonly path: string }
	| { readonly kind: "folder"; readonly path: string }
	| {
			readonly kind: "symbol";
			readonly name: string;
			/** Null where only its name is known. */
			readonly place: { readonly path: string; readonly line: number } | null;
	  }
	| { readonly kind: "problems" }
	| { readonly kind: "changes" };

export function referenceOf({ kind, name }: Mention): Reference {
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

/** The same for what is the same, so that nothing goes along twice. */
export function referenceId(reference: Reference): string {
	switch (reference.kind) {
		case "file":
		case "folder":
			return `${reference.kind}:${reference.path}`;
		case "symbol": {
			const { name, place } = reference;
			return place
				? `symbol:${name}@${place.path}:${place.line}`
				: `symbol:${name}`;
		}
		case "problems":
		case "changes":
			return reference.kind;
	}
}

export function chipOf(reference: Reference): ContextChip {
	return {
		id: referenceId(reference),
		label: labelOf(reference),
		kind: reference.kind,
		tokens: null,
		removable: true,
	};
}

function labelOf(reference: Reference): string {
	switch (reference.kind) {
		case "file":
			return reference.path;
		case "folder":
			return `${reference.path}/`;
		case "symbol":
			return reference.name;
		case "problems":
		case "changes":
			return `#${reference.kind}`;
	}
}
