/** What the slash commands ask the model. */

import { failure, type Result, success } from "../../base/result.ts";
import type { Attachment } from "../../protocol/conversation.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";

/** What is to be worked on; it is attached to the question. */
export type Subject =
	| { readonly kind: "selection"; readonly path: string }
	| { readonly kind: "file"; readonly path: string }
	/** What the conversation is about. */
	| { readonly kind: "none" };

export interface Worded {
	/** What is sent in place of what the user wrote. */
	readonly prompt: string;
	/** Null where the user wrote none. */
	readonly command: SlashCommand | null;
}

const wordings = {
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

export type SlashCommand = keyof typeof wordings;

export const slashCommands = Object.keys(wordings) as readonly SlashCommand[];

/** A path such as `/usr/bin` is no command. */
const commandPattern = /^\s*\/([A-Za-z]+)(?=\s|$)/;

/** @param input as the user wrote it, with a command at its beginning or without one. */
export function wordQuestion(
	input: string,
	subject: Subject,
): Result<Worded, HeadroomError> {
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
	const wish = input.slice(match[0].length).trim();
	const task = wordings[command](wordSubject(subject));
	return success({ prompt: wish ? `${task}\n\n${wish}` : task, command });
}

function wordSubject(subject: Subject): string {
	switch (subject.kind) {
		case "selection":
			return `the selected code of ${subject.path}`;
		case "file":
			return `the file ${subject.path}`;
		case "none":
			return "the code of this conversation";
	}
}

/** What a slash command is to work on: what is selected goes before what is visible. */
export function subjectOf(attachments: readonly Attachment[]): Subject {
	for (const kind of ["selection", "file"] as const) {
		const found = attachments.find((it) => it.kind === kind);
		if (found) return { kind, path: found.path ?? found.label };
	}
	return { kind: "none" };
}
