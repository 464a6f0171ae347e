/**
 * Every failure that a user can meet: a code, and one sentence with named places to fill.
 *
 * An error crosses a boundary as its code and the values for those places, so that each side words it
 * in its own language: the editor through its translations, the terminal in English.
 */

import * as z from "zod/mini";
import {
	english,
	oneLine,
	type Phrase,
	type Places,
	type Sentence,
	type Translate,
	worded,
} from "../base/sentence.ts";
import { MemoryReason, memoryReasonsSentences } from "./memoryReason.ts";

export const errorSentences = {
	modelMissing: "The model file {file} does not exist.",
	modelUnreadable: "Cannot read the model file {file}: {why}.",
	modelEmpty: "The model file {file} is empty.",
	modelNotGguf:
		"The model file {file} is not a GGUF file: it begins with {found}.",
	modelVersion:
		"The model file {file} uses GGUF version {version}. Headroom reads versions 2 and 3.",
	modelTruncated:
		"The model file {file} is incomplete: it has {found} of at least {expected}. Download it again.",
	/** A model that is split into several files. */
	modelIncomplete:
		"The model {file} is incomplete: {missing} is missing from its {count} parts.",
	modelCorrupt: "The model file {file} is corrupt: {why}.",
	modelRefused: "llama.cpp cannot load the model file {file}: {why}.",
	modelCrashes:
		"llama.cpp crashed while loading the model file {file} ({why}). The file may be corrupt: choose another model, or download it again.",
	loadSuperseded: "Another model was selected before {file} was loaded.",
	/** Found before the load, by the plan. */
	modelTooLarge: "The model file {file} does not fit: {needs}.",
	/** Warnings after a load. */
	modelInRam:
		"{model} was planned for {device}, but is in RAM: it will be slow.",
	modelSpills:
		"{bytes} of {model} are in RAM instead of on {device}: it will be slow.",
	/** Found during the load: by llama.cpp, or by the system, which ended the process. */
	modelOutOfMemory:
		"There was not enough memory to load the model file {file} ({why}): {needs}.",
	/** Until nobody has asked in the chat for a minute. */
	modelLent:
		"{model} is not loaded: there is no room for it beside the chat's model. It comes back when the chat is idle.",
	chatUnsupported:
		"{model} cannot chat: its file has no chat template. Choose a model made for chat.",
	/** It has a chat template, but declares completion as its only role. */
	chatTooSmall:
		"{model} is made for code completion and too small to chat. Choose a larger model made for chat.",
	chatTemplateBroken: "The chat template of {model} is not usable: {why}.",
	/** The model chats all the same. */
	chatTemplatePlain:
		"The chat template of {model} is not usable: {why}. It chats in the plain format of {format} instead.",
	/** The chat context is created when the first question is asked. */
	chatOutOfMemory:
		"There is not enough memory for a chat context beside completion: {needs}.",
	chatTooLong:
		"The conversation has {tokens} tokens. {model} has room for {room} and an answer. Start a new conversation, or remove attachments.",
	engineBinaryMissing:
		"llama.cpp cannot run on this machine ({platform}): {why}.",
	devicesUnknown: "Could not query compute devices: {why}.",
	engineCrashed: "The engine crashed ({why}).",
	engineOutOfMemory: "The engine ran out of memory and was restarted ({why}).",
	/** It was stopped from outside, or works on something without end. */
	engineSilent: "The engine stopped answering and was restarted.",
	engineGaveUp:
		"The engine crashed {count} times within a few minutes and was not restarted ({why}). Restart it from the Headroom menu.",
	engineStopped: "The engine was stopped.",
	chatFailed: "The chat request failed: {why}.",
	generationFailed: "The model failed while generating: {why}.",
	downloadAddress: "Cannot download from {url}: {why}.",
	downloadProxyAddress:
		"The proxy address is not valid: it must begin with http:// or https://.",
	downloadHost:
		"The download was refused: it leads to {host}, which is not an allowed host.",
	downloadRedirects:
		"The download was refused: {host} redirects more than {count} times.",
	downloadNotFound: "{host} does not have the file {file}.",
	downloadForbidden:
		"{host} requires you to sign in or accept its terms before it serves the file {file}.",
	downloadTooMany:
		"{host} is rate-limiting requests (HTTP 429). Try again later.",
	downloadHostFails:
		"{host} reported a server error (HTTP {status}). Try again later: the download resumes where it stopped.",
	downloadUnexpected:
		"{host} answered with HTTP {status}, which is unexpected for a download.",
	downloadUnreachable: "Could not reach {host}: {why}.",
	downloadProxy: "The proxy could not connect to {host}: {why}.",
	downloadUnverifiable:
		"{host} does not state the size and SHA-256 of {file}. It was not downloaded, because it could not be verified.",
	downloadBroken:
		"The download of {file} was interrupted after {done} of {total} ({why}). Start it again: it resumes where it stopped.",
	downloadSize:
		"{host} sent {found} for {file} instead of {expected}. The download was stopped and nothing was kept.",
	downloadHash:
		"The file {file} from {host} failed verification: its SHA-256 is {found} instead of {expected}. It was deleted.",
	downloadRunning:
		"The file {file} is already being downloaded, in this window or another.",
	diskTooSmall:
		"The disk has {free} free, and {file} needs {needed}. Free some space for {folder}, or choose another folder.",
	diskFull:
		"The disk ran full while writing {file}. Free some space for {folder}, and try again.",
	folderUnusable: "Cannot use the folder {folder} for models: {why}.",
	modelNameTaken:
		"{folder} already has a different file named {file}. Rename or remove it first.",
	importEmpty: "There are no model files in {folder}.",
	importHash:
		"The model file {file} does not match {list}: its SHA-256 is {found} instead of {expected}. It was not imported.",
	importHashUnreadable:
		"The file {list} should hold the SHA-256 of {file}, but holds none.",
	removeForeign:
		"Headroom did not add the file {file}, or it has changed since. It was not removed.",
	installRecordsUnreadable:
		"Cannot read the list of models {file}: {why}. Delete it, and remove models that you no longer need by hand.",
	catalogUnreadable: "Cannot read the model catalog: {why}.",
	selectionUnsaved: "Could not save the model selection: {why}.",
	slashCommandUnknown:
		"There is no command {command}. Available commands: {commands}.",
	attachmentTooLarge:
		"{label} has {tokens} tokens and does not fit: the model has room for {room} in a question. Remove it, or attach a part of it.",
	questionTooLarge:
		"The question has {tokens} tokens and does not fit: the model has room for {room}. Shorten it.",
	/** The user or the model may have written the name. */
	fileMissing: "There is no {file} in this workspace.",
	fileAmbiguous:
		"{count} files in this workspace end with {file}. Type more of the path.",
	fileUnreadable: "Cannot open {file}: {why}.",
	/** A symbolic link, or something behind a linked folder. */
	linkedOutside:
		"{file} leads out of this workspace by a link, and was not attached.",
	linkedSecret:
		"{file} leads by a link to a file that may contain secrets, and was not attached.",
	attachmentBinary: "{label} is not a text file and cannot be attached.",
	attachmentHuge:
		"{label} has {bytes}, and the limit for an attachment is {most}. Select a part of it instead.",
	folderEmpty:
		"There is nothing to attach in {folder}: its files are ignored by Git, generated, outside of this workspace, or may contain secrets.",
	folderTooMany:
		"{folder} has {count} files, and the limit is {most}. Attach single files instead.",
	folderTooLarge:
		"The files in {folder} have {bytes}, and the limit is {most}. Attach single files instead.",
	symbolMissing:
		"No definition of {name} was found. The extension for the language may be missing, or still starting.",
	problemsNone: "There are no reported problems to attach.",
	gitMissing:
		"There are no changes to attach: the folder is not in a Git repository, or the Git extension is disabled.",
	gitFailed: "Could not get the changes from Git: {why}.",
	changesNone:
		"There are no changes to attach: nothing differs from the last commit.",
	changesTooMany:
		"{count} files have changes, and the limit is {most}. Attach single files instead.",
	editorMissing: "No file is open to insert the code into. Open one first.",
	editTargetUnclear:
		"It is not clear which file this block belongs to. Open that file, and try again.",
	editRefused: "Could not change {file}: it is read-only here.",
	linkRefused:
		"The link {address} was not opened. Only web and mail addresses and files in the workspace can be opened.",
	editEmpty: "This block has no code to apply to {file}.",
	editUnchanged: "{file} already contains the code of this block.",
	editElided:
		"This block omits parts of the code ({line}), and cannot be applied to {file} as a whole. Copy the parts you need.",
	editAmbiguous:
		"{line} occurs in {file} {count} times, so it is not clear where this block goes. Select the code to replace, and ask again.",
	editUnplaced:
		"Nothing in {file} matches this block. Insert it at the cursor instead.",
	editSearchMissing:
		"The code that this block replaces is not in {file}: {line}.",
	editSearchBroken:
		"The search and replace markers in this block are incomplete. It cannot be applied to {file}.",
	conversationUnreadable: "Cannot read the conversation {file}: {why}.",
	conversationNewer:
		"The conversation {file} was written by a newer version of Headroom. It was left unchanged.",
	conversationDamaged:
		"The conversation {file} was damaged. Headroom recovered what it could, and kept the damaged file as {kept}.",
	conversationLost:
		"The conversation {file} was damaged, and nothing could be recovered. The damaged file was kept as {kept}.",
	conversationUnsaved: "Could not save the conversation: {why}.",
	conversationUndeleted: "Could not delete the conversation: {why}.",
	historyUnreadable: "Cannot read the conversations in {folder}: {why}.",
	badMessage:
		"A message between the editor and the engine was not valid: {why}.",
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof errorSentences;

const errorCodes = Object.keys(errorSentences) as [ErrorCode, ...ErrorCode[]];

const Why = z.readonly(
	z.object({
		text: z.string(),
		values: z.readonly(z.record(z.string(), z.string())),
	}),
) satisfies z.ZodMiniType<Phrase>;

export const HeadroomError = z.readonly(
	z.object({
		code: z.enum(errorCodes),
		/** What fills the named places of the sentence. */
		values: z.readonly(z.record(z.string(), z.string())),
		/** What fills the place `why`, if the text is our own and not that of the system or llama.cpp. */
		why: z.optional(Why),
		/** What fills the place `needs`. */
		needs: z.optional(z.readonly(z.array(MemoryReason))),
	}),
);
export type HeadroomError = z.infer<typeof HeadroomError>;

type ErrorValues<Text extends string> = {
	readonly [Place in Places<Text>]: Place extends "needs"
		? readonly MemoryReason[]
		: Place extends "why"
			? string | Phrase
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
		why,
		...values
	}: Readonly<Record<string, string>> & {
		readonly needs?: readonly MemoryReason[];
		readonly why?: string | Phrase;
	},
): HeadroomError {
	return {
		code,
		values: typeof why === "string" ? { ...values, why } : values,
		...(typeof why === "object" && { why }),
		...(needs && { needs }),
	};
}

export function errorSentence({
	code,
	values,
	why,
	needs,
}: HeadroomError): Sentence {
	return {
		text: errorSentences[code],
		values: {
			...values,
			...(why && { why: { sentences: [why], separator: "" } }),
			...(needs && { needs: memoryReasonsSentences(needs) }),
		},
	};
}

export function errorText(
	error: HeadroomError,
	t: Translate = english,
): string {
	return worded(errorSentence(error), t);
}

/** Of what others say in a message of ours. */
const maxMessageCharacters = 300;

/** What an unknown thrown value says, in one line. */
export function messageOf(thrown: unknown): string {
	const text = thrown instanceof Error ? thrown.message : String(thrown);
	const [first = ""] = text.split("\n", 1);
	return oneLine(first, maxMessageCharacters).replace(/\.$/, "");
}
