/** The prompts of the slash commands. */

import { failure, type Result, success } from "../../base/result.ts";
import type { Attachment } from "../../protocol/attachment.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";

/** What a slash command works on; it is attached to the question. */
export type Subject =
	| { readonly kind: "selection"; readonly path: string }
	| { readonly kind: "file"; readonly path: string }
	/** Whatever the conversation is about. */
	| { readonly kind: "none" };

export interface ExpandedQuestion {
	/** Sent in place of the text that the user typed. */
	readonly prompt: string;
	/** Null for a question without a command. */
	readonly command: SlashCommand | null;
}

const templates = {
	explain: (it) =>
		`Explain ${it}: what it does, how, and what is easy to miss.`,
	fix: (it) =>
		`Find what is wrong in ${it}, say it in a sentence or two, and give the corrected code.`,
	tests: (it) =>
		`Write tests for ${it}, also for the edge cases, in the style of the language's usual test framework.`,
	doc: (it) =>
		`Write documentation comments for ${it} in the usual form of its language. Give the code with the comments, otherwise unchanged.`,
	simplify: (it) =>
		`Simplify ${it} without changing what it does. Give the simplified code, and say in a sentence what became simpler.`,
} as const satisfies Record<string, (subject: string) => string>;

export type SlashCommand = keyof typeof templates;

export const slashCommands = Object.keys(templates) as readonly SlashCommand[];

/** Does not match a path such as `/usr/bin`. */
const commandPattern = /^\s*\/([A-Za-z]+)(?=\s|$)/;

/** @param input as the user typed it, with or without a command at the beginning. */
export function expandSlashCommand(
	input: string,
	subject: Subject,
): Result<ExpandedQuestion, HeadroomError> {
	const match = commandPattern.exec(input);
	if (!match) return success({ prompt: input.trim(), command: null });
	const command = slashCommands.find((it) => it === match[1]?.toLowerCase());
	if (!command)
		return failure(
			createError("slashCommandUnknown", {
				command: `/${match[1]}`,
				commands: slashCommands.map((it) => `/${it}`).join(", "),
			}),
		);
	const details = input.slice(match[0].length).trim();
	const task = templates[command](subjectText(subject));
	return success({
		prompt: details ? `${task}\n\n${details}` : task,
		command,
	});
}

function subjectText(subject: Subject): string {
	switch (subject.kind) {
		case "selection":
			return `the selected code of ${subject.path}`;
		case "file":
			return `the file ${subject.path}`;
		case "none":
			return "the code of this conversation";
	}
}

/** The selection if there is one, or else the visible file. */
export function subjectOf(attachments: readonly Attachment[]): Subject {
	for (const kind of ["selection", "file"] as const) {
		const found = attachments.find((it) => it.kind === kind);
		if (found) return { kind, path: found.path ?? found.label };
	}
	return { kind: "none" };
}
