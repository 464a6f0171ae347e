/** Reads what the disk holds of a conversation, and brings it into the present format. */

import { rm } from "node:fs/promises";
import path from "node:path";
import { failure, type Result, success } from "../../base/result.ts";
import {
	type Conversation,
	ConversationId,
} from "../../protocol/conversation.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import { replaceFile, syncFolder } from "../atomicFile.ts";
import { codeOf } from "../fileErrors.ts";
import { keepAside } from "../privateFiles.ts";
import { readSmallFile } from "../smallFile.ts";
import {
	conversationText,
	merged,
	type ParsedConversation,
	parseConversation,
} from "./conversationFile.ts";
import { type FileStamp, indexName, stampOf } from "./conversationIndex.ts";
import { parseJsonLines } from "./jsonLines.ts";

const extension = ".json";
const formerExtension = ".jsonl";
/** A conversation with a thousand attached files is smaller. */
const maxFileBytes = 256 * 2 ** 20;

/** What the files of a conversation hold. */
export interface StoredConversation {
	/** Undefined where nothing could be read. */
	readonly conversation: Conversation | undefined;
	readonly stamp: FileStamp;
	/** Files that could not be read, or not whole. */
	readonly damagedFiles: readonly string[];
	/** Damaged, or of the former format. */
	readonly needsRepair: boolean;
}

export interface RepairedConversation {
	readonly conversation: Conversation;
	readonly stamp: FileStamp;
	/** What was damaged, and where it was kept; null where nothing was. */
	readonly problem: HeadroomError | null;
}

export function conversationPath(folder: string, id: string): string {
	// An id becomes a file name: it must not lead out of the folder.
	const isValid = ConversationId.safeParse(id).success;
	if (!isValid || `${id}${extension}` === indexName)
		throw new Error(`${JSON.stringify(id)} is not the id of a conversation`);
	return path.join(folder, `${id}${extension}`);
}

/** The conversations that have these files: by id, whether one of them is of the former format. */
export function conversationsIn(
	fileNames: readonly string[],
): ReadonlyMap<string, boolean> {
	const found = new Map<string, boolean>();
	for (const fileName of fileNames) {
		const { name: id, ext } = path.parse(fileName);
		const isFormer = ext === formerExtension;
		if (!isFormer && (ext !== extension || fileName === indexName)) continue;
		if (!ConversationId.safeParse(id).success) continue;
		found.set(id, isFormer || found.get(id) === true);
	}
	return found;
}

/**
 * Undefined where there is no file. Fails where a later version of Headroom wrote one. Rejects where one cannot be read.
 *
 * There may be two: a window that runs the former version of Headroom writes a new file in the former format after the conversion. Of a
 * message in both, the one in the file that was written last counts.
 */
export async function readStored(
	folder: string,
	id: string,
): Promise<Result<StoredConversation | undefined, HeadroomError>> {
	const file = conversationPath(folder, id);
	// The former one first: once it is gone, the file that it was converted to is there.
	const former = await read(`${path.join(folder, id)}${formerExtension}`, id);
	const current = await read(file, id);
	const files = [current, former]
		.filter((it) => it !== undefined)
		.sort((a, b) => a.stamp.modifiedAtMs - b.stamp.modifiedAtMs);
	const newer = files.find((it) => it.parsed.kind === "newer");
	if (newer)
		return failure(createError("conversationNewer", { file: newer.file }));
	let conversation: Conversation | undefined;
	for (const { parsed } of files)
		if (parsed.kind === "conversation")
			conversation = conversation
				? merged(conversation, parsed.conversation)
				: parsed.conversation;
	const damagedFiles = files
		.filter(({ parsed }) => parsed.kind !== "conversation" || parsed.isDamaged)
		.map((it) => it.file);
	const stamp = files.at(-1)?.stamp;
	return success(
		stamp && {
			conversation,
			stamp,
			damagedFiles,
			needsRepair: damagedFiles.length > 0 || former !== undefined,
		},
	);
}

/**
 * Like `readStored`; leaves behind one whole file of the present format, and a copy of each damaged one. Where nothing can be read, only
 * the copies are left. The caller holds the lock.
 */
export async function repairStored(
	folder: string,
	id: string,
): Promise<Result<RepairedConversation | undefined, HeadroomError>> {
	const read = await readStored(folder, id);
	if (!read.ok) return read;
	if (!read.value) return success(undefined);
	const { conversation, damagedFiles, needsRepair, stamp } = read.value;
	let problem: HeadroomError | null = null;
	for (const file of damagedFiles) {
		const kept = await keepAside(file);
		const code = conversation ? "conversationDamaged" : "conversationLost";
		problem ??= createError(code, { file, kept });
	}
	if (!conversation) {
		for (const file of damagedFiles) await rm(file);
		if (problem) return failure(problem);
		return success(undefined);
	}
	if (!needsRepair) return success({ conversation, stamp, problem });
	const written = await writeStored(folder, conversation);
	await syncFolder(folder);
	await rm(`${path.join(folder, id)}${formerExtension}`, { force: true });
	return success({ conversation, stamp: written, problem });
}

/** Rejects what could not be read again. The caller holds the lock. */
export async function writeStored(
	folder: string,
	conversation: Conversation,
): Promise<FileStamp> {
	const file = conversationPath(folder, conversation.id);
	const text = conversationText(conversation);
	if (Buffer.byteLength(text) > maxFileBytes)
		throw new Error(`it has more than ${maxFileBytes} bytes`);
	await replaceFile(file, text, { isPrivate: true });
	return await stampOf(file);
}

interface ReadFile {
	readonly file: string;
	readonly stamp: FileStamp;
	readonly parsed: ParsedConversation;
}

async function read(file: string, id: string): Promise<ReadFile | undefined> {
	try {
		// Before the text: a stamp that is too old only has the file read again.
		const stamp = await stampOf(file);
		const text = await readSmallFile(file, maxFileBytes);
		const parsed = file.endsWith(formerExtension)
			? parseJsonLines(text)
			: parseConversation(text, id);
		const isOther =
			parsed.kind === "conversation" && parsed.conversation.id !== id;
		return { file, stamp, parsed: isOther ? { kind: "broken" } : parsed };
	} catch (thrown) {
		if (codeOf(thrown) === "ENOENT") return undefined;
		throw thrown;
	}
}
