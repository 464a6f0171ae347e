/**
 * Every failure that a user can meet: a code, and one sentence with named places to fill.
 *
 * An error crosses a boundary as its code and the values for those places, so that each side words it
 * in its own language: the editor through its translations, the terminal in English.
 */

import * as z from "zod/mini";
import { inEnglish, type Places, type Sentence } from "../base/sentence.ts";

export const errorSentences = {
	modelMissing: "The model file {file} does not exist.",
	modelUnreadable: "The model file {file} cannot be read: {why}.",
	modelEmpty: "The model file {file} is empty.",
	modelNotGguf:
		"The model file {file} is not a GGUF file: it begins with {found}.",
	modelVersion:
		"The model file {file} is in GGUF version {version}, and only versions 2 and 3 can be read.",
	modelTruncated:
		"The model file {file} is cut short: it has {found} of at least {expected}.",
	/** A model split into several files. */
	modelIncomplete:
		"The model {file} is incomplete: of its {count} parts {missing} is not there.",
	modelCorrupt: "The model file {file} is corrupt: {why}.",
	modelRefused: "llama.cpp cannot load the model file {file}: {why}.",
	modelCrashes:
		"llama.cpp does not survive loading the model file {file}; it may be corrupt ({why}).",
	/** Found before the load, by our own arithmetic. */
	modelTooLarge: "The model file {file} does not fit: {needs}.",
	/** After a load: not where it was meant to be. */
	modelInRam:
		"{model} was meant for {device} and is in RAM instead: it will be slow.",
	modelSpills:
		"{bytes} of {model} are not on {device}, where all of it was meant to be: it will be slow.",
	/** Found by llama.cpp during the load. */
	modelOutOfMemory: "The model file {file} does not fit into memory: {why}.",
	fimUnsupported:
		"The model {model} cannot complete code at the cursor: its file names no fill-in-the-middle tokens. Choose a code model made for completion.",
	engineBinaryMissing:
		"llama.cpp cannot run on this machine ({platform}): {why}.",
	devicesUnknown:
		"The devices of this machine do not tell of themselves: {why}.",
	engineCrashed: "The engine stopped unexpectedly ({why}).",
	engineGaveUp:
		"The engine stopped {count} times in a short while and is not started again by itself ({why}).",
	engineStopped: "The engine was stopped.",
	generationFailed: "The model failed while generating: {why}.",
	badMessage:
		"A message between the editor and the engine was not understood: {why}.",
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof errorSentences;

const errorCodes = Object.keys(errorSentences) as [ErrorCode, ...ErrorCode[]];

export const HeadroomError = z.readonly(
	z.object({
		code: z.enum(errorCodes),
		/** What fills the named places of the sentence. */
		values: z.readonly(z.record(z.string(), z.string())),
	}),
);
export type HeadroomError = z.infer<typeof HeadroomError>;

/** The compiler checks that every place of the sentence is filled. */
export function createError<Code extends ErrorCode>(
	code: Code,
	values: Readonly<Record<Places<(typeof errorSentences)[Code]>, string>>,
): HeadroomError {
	return { code, values };
}

export function errorSentence(error: HeadroomError): Sentence {
	return { text: errorSentences[error.code], values: error.values };
}

/** The sentence in English. */
export function errorText(error: HeadroomError): string {
	return inEnglish(errorSentence(error));
}

/** What an unknown thrown value says, in one line. */
export function messageOf(thrown: unknown): string {
	const text = thrown instanceof Error ? thrown.message : String(thrown);
	return text.split("\n", 1)[0]?.trim().replace(/\.$/, "") ?? "";
}
