/** Finds what triggers completion in the input: `/` at its beginning, or `#` at the beginning of a word. */

import type { SuggestionKind } from "../../protocol/chatView.ts";

export interface Trigger {
	readonly of: SuggestionKind;
	/** The text behind the trigger character. */
	readonly query: string;
	/** The offset of the trigger character. */
	readonly from: number;
}

export function triggerAt(text: string, cursor: number): Trigger | undefined {
	const before = text.slice(0, cursor);
	const command = /^\/(\S*)$/.exec(before);
	if (command) return { of: "command", query: command[1] ?? "", from: 0 };
	const attachment = /(?:^|\s)#(\S*)$/.exec(before);
	if (!attachment) return undefined;
	const query = attachment[1] ?? "";
	return { of: "attachment", query, from: cursor - query.length - 1 };
}
