/**
 * Every failure that a user can meet: a code, and one sentence with named places to fill.
 *
 * An error crosses a boundary as its code and the values for those places, so that each side words it
 * in its own language: the editor through its translations, the terminal in English.
 */

import * as z from "zod/mini";
import {
	english,
	type Places,
	type Sentence,
	type Translate,
	worded,
} from "../base/sentence.ts";
import { MemoryReason, memoryReasonsSentences } from "./memoryReason.ts";

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
	loadSuperseded: "Another model was selected before {file} was loaded.",
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
	chatUnsupported:
		"{model} has no template for conversations: it cannot be asked questions. Choose a model made for chat.",
	/** It has a template, and declares that it is for completion alone. */
	chatTooSmall:
		"{model} is made to complete code, and is too small for conversations. Choose a larger model made for chat.",
	chatTemplateBroken:
		"The template of {model} for conversations cannot be used: {why}.",
	/** The context for conversations is made when the first question is asked. */
	chatOutOfMemory:
		"There is no room in memory for a conversation beside completions: {needs}.",
	chatTooLong:
		"The conversation has {tokens} tokens, and {model} has room for {room} with an answer. Start a new one, or leave something out.",
	engineBinaryMissing:
		"llama.cpp cannot run on this machine ({platform}): {why}.",
	devicesUnknown:
		"The devices of this machine do not tell of themselves: {why}.",
	engineCrashed: "The engine stopped unexpectedly ({why}).",
	engineGaveUp:
		"The engine stopped {count} times in a short while and is not started again by itself ({why}).",
	engineStopped: "The engine was stopped.",
	chatFailed: "The chat cannot do this: {why}.",
	generationFailed: "The model failed while generating: {why}.",
	downloadAddress: "The address {url} cannot be used for a download: {why}.",
	downloadProxyAddress:
		"The address of the proxy cannot be used: it must begin with http:// or https://.",
	downloadHost:
		"The download was refused: it leads to {host}, which is not among the hosts that are allowed.",
	downloadRedirects:
		"The download was refused: {host} sends it on more than {count} times.",
	downloadNotFound: "{host} does not have the file {file}.",
	downloadForbidden:
		"{host} gives out the file {file} only to those who have signed in or accepted its terms.",
	downloadTooMany:
		"{host} has had too many requests and takes none for now. Try again later.",
	downloadHostFails:
		"{host} has a problem of its own (HTTP {status}). Try again later: the download goes on where it stopped.",
	downloadUnexpected:
		"{host} answered with HTTP {status}, which makes no sense for a download.",
	downloadUnreachable: "{host} cannot be reached: {why}.",
	downloadProxy: "The proxy does not connect to {host}: {why}.",
	downloadUnverifiable:
		"{host} does not say how large {file} is and what its SHA-256 is: it could not be checked, and is not downloaded.",
	downloadBroken:
		"The download of {file} broke off after {done} of {total} ({why}). Start it again: it goes on where it stopped.",
	downloadSize:
		"{host} sends {found} for {file}, where {expected} were expected. The download was stopped and nothing kept.",
	downloadHash:
		"The file {file} from {host} is not what it should be: its SHA-256 is {found} instead of {expected}. It was removed.",
	downloadRunning:
		"The file {file} is being downloaded already, here or in another window.",
	diskTooSmall:
		"The disk has {free} left, and {file} needs {needed}: make room in {folder}, or choose another folder.",
	diskFull:
		"The disk became full while {file} was written. Free some room in {folder}, and start again.",
	folderUnusable: "The folder {folder} cannot be used for models: {why}.",
	modelNameTaken:
		"There is a file {file} with other contents in {folder}. Rename or remove it first.",
	importEmpty: "There are no model files in {folder}.",
	importHash:
		"The model file {file} is not what {list} says: its SHA-256 is {found} instead of {expected}. It was not imported.",
	importHashUnreadable:
		"The file {list}, which should hold the SHA-256 of {file}, holds none.",
	removeForeign:
		"The file {file} was not put there by Headroom, or was changed since: it is not removed.",
	installRecordsUnreadable:
		"The list of models {file} cannot be read: {why}. Delete it, and remove by hand the models that are no longer needed.",
	catalogueUnreadable: "The catalogue of models cannot be read: {why}.",
	selectionUnsaved: "The choice of the model cannot be saved: {why}.",
	slashCommandUnknown:
		"There is no command {command}. The commands are: {commands}.",
	attachmentTooLarge:
		"{label} has {tokens} tokens and does not fit: the model takes {room} for a question. Remove it, or attach a part of it.",
	questionTooLarge:
		"The question has {tokens} tokens and does not fit: the model takes {room}. Make it shorter.",
	/** A name that the user wrote, or a model. */
	fileMissing: "There is no {file} in this workspace.",
	fileAmbiguous:
		"{count} files of this workspace end with {file}: it is not clear which one is meant.",
	fileUnreadable: "{file} cannot be opened: {why}.",
	attachmentBinary: "{label} is not text: the chat can do nothing with it.",
	attachmentHuge:
		"{label} has {bytes}, and the chat takes files of up to {most}. Select a part of it instead.",
	folderEmpty:
		"There is nothing in {folder} to attach: Git ignores its files, or they are generated or may hold secrets.",
	folderTooMany:
		"{folder} has {count} files, and at most {most} can be attached. Name single files instead.",
	folderTooLarge:
		"The files of {folder} have {bytes}, and at most {most} can be attached. Name single files instead.",
	symbolMissing:
		"No definition of {name} was found. The language's extension may be missing, or still be starting.",
	problemsNone: "There are no problems reported that could be attached.",
	gitMissing:
		"There are no changes to attach: the folder is in no Git repository, or the Git extension is off.",
	gitFailed: "Git does not tell what has changed: {why}.",
	changesNone:
		"There are no changes to attach: nothing differs from the last commit.",
	changesTooMany:
		"There are changes in {count} files, and at most {most} can be attached. Name single files instead.",
	editorMissing:
		"There is no open file that the code could go into. Open one first.",
	editTargetUnclear:
		"It is not clear which file this block is for. Open that file, and try again.",
	editRefused: "{file} was not changed: it cannot be edited here.",
	linkRefused:
		"The link {address} is not opened: only addresses of the web and of mail, and files of the workspace are.",
	editEmpty: "There is no code in this block to apply to {file}.",
	editUnchanged: "The code of this block is already in {file}.",
	editElided:
		"This block leaves out parts of the code ({line}), and cannot be applied to {file} as a whole. Copy what you need.",
	editAmbiguous:
		"{line} is in {file} {count} times: it is not clear where this block goes. Select what it should replace, and ask again.",
	editUnplaced:
		"Nothing in {file} matches this block. Insert it at the cursor instead.",
	editSearchMissing:
		"What this block wants to replace is not in {file}: {line}.",
	editSearchBroken:
		"The marks for search and replace in this block are incomplete: it cannot be applied to {file}.",
	conversationUnreadable: "The conversation {file} cannot be read: {why}.",
	conversationNewer:
		"The conversation {file} was written by a newer version of Headroom. It is left as it is.",
	conversationDamaged:
		"The conversation {file} was damaged. What could be read of it is there, and the damaged file was kept as {kept}.",
	conversationLost:
		"The conversation {file} was damaged and nothing of it could be read. The damaged file was kept as {kept}.",
	conversationUnsaved: "The conversation cannot be saved: {why}.",
	conversationUndeleted: "The conversation cannot be deleted: {why}.",
	historyUnreadable: "The conversations in {folder} cannot be read: {why}.",
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
		/** What fills the place `needs`, where there is one. */
		needs: z.optional(z.readonly(z.array(MemoryReason))),
	}),
);
export type HeadroomError = z.infer<typeof HeadroomError>;

type ErrorValues<Text extends string> = {
	readonly [Place in Places<Text>]: Place extends "needs"
		? readonly MemoryReason[]
		: string;
};

/** The compiler checks that every place of the sentence is filled. */
export function createError<Code extends ErrorCode>(
	code: Code,
	values: ErrorValues<(typeof errorSentences)[Code]>,
): HeadroomError;
export function createError(
	code: ErrorCode,
	{
		needs,
		...values
	}: Readonly<Record<string, string>> & {
		readonly needs?: readonly MemoryReason[];
	},
): HeadroomError {
	return { code, values, ...(needs && { needs }) };
}

export function errorSentence({
	code,
	values,
	needs,
}: HeadroomError): Sentence {
	return {
		text: errorSentences[code],
		values: needs
			? { ...values, needs: memoryReasonsSentences(needs) }
			: values,
	};
}

export function errorText(
	error: HeadroomError,
	t: Translate = english,
): string {
	return worded(errorSentence(error), t);
}

/** What an unknown thrown value says, in one line. */
export function messageOf(thrown: unknown): string {
	const text = thrown instanceof Error ? thrown.message : String(thrown);
	return text.split("\n", 1)[0]?.trim().replace(/\.$/, "") ?? "";
}
