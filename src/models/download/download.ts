/**
 * Downloads one model file, after a click on a dialog that names host and size. Invariant: a file with the name of a model is complete and
 * verified. Until then it is `NAME.gguf.part`, which survives a cancel, a dropped connection and the end of the editor.
 */

import fs from "node:fs/promises";
import path from "node:path";
import { sleep } from "../../base/abort.ts";
import { assert } from "../../base/assert.ts";
import { failure, type Result, success } from "../../base/result.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import {
	type FreeBytes,
	freeBytesOf,
	moveIntoPlace,
	type OpenSink,
	openFile,
	sizeOf,
} from "../../storage/disk.ts";
import { codeOf, roomError, writeError } from "../../storage/fileErrors.ts";
import { takeLock } from "../../storage/lock.ts";
import { sha256Of } from "../../storage/sha256.ts";
import {
	addInstallRecord,
	readInstallRecords,
} from "../folder/installRecords.ts";
import { readModelFile } from "../header/modelFile.ts";
import { isModelFileName } from "../stores/modelFileNames.ts";
import { type Fetched, fetchRest } from "./fetchRest.ts";
import { PartFile } from "./partFile.ts";
import { PartWriter } from "./partWriter.ts";
import type { Expected, RemoteFile } from "./remoteFile.ts";

export interface DownloadProgress {
	/** `checking`: the bytes of an earlier attempt are hashed. */
	readonly kind: "checking" | "downloading";
	readonly doneBytes: number;
	readonly totalBytes: number;
}

export interface DownloadRequest extends RemoteFile {
	readonly expected: Expected;
	/** Absolute path; created where it is missing. */
	readonly folder: string;
	/** See `isModelFileName`. */
	readonly fileName: string;
	readonly signal: AbortSignal;
	/** Called for every chunk, hundreds of times a second. */
	readonly onProgress?: (progress: DownloadProgress) => void;
	readonly freeBytes?: FreeBytes;
	readonly open?: OpenSink;
	readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
	/** After so long without a byte, the connection counts as dropped. Default: 30 s. */
	readonly idleMs?: number;
}

export type DownloadOutcome =
	| { readonly kind: "downloaded"; readonly file: string }
	/** The same file was in the folder. */
	| { readonly kind: "alreadyThere"; readonly file: string }
	/** The next download of the same file resumes here. */
	| { readonly kind: "cancelled" };

type Downloaded = Result<DownloadOutcome, HeadroomError>;

export async function downloadModel(
	request: DownloadRequest,
): Promise<Downloaded> {
	const { fileName, folder, signal } = request;
	assert(isModelFileName(fileName), `${fileName} is the name of a model file`);
	try {
		await fs.mkdir(folder, { recursive: true });
		const unlock = await takeLock(path.join(folder, `${fileName}.lock`));
		if (!unlock)
			return failure(createError("downloadRunning", { file: fileName }));
		try {
			return (await alreadyThere(request)) ?? (await download(request));
		} finally {
			await unlock();
		}
	} catch (thrown) {
		if (signal.aborted) return success({ kind: "cancelled" });
		if (codeOf(thrown) === undefined) throw thrown;
		return failure(writeError(fileName, folder, thrown));
	}
}

/** Removes the partial file of a download that will not be resumed. */
export async function discardDownload({
	folder,
	fileName,
}: Pick<DownloadRequest, "folder" | "fileName">): Promise<
	Result<void, HeadroomError>
> {
	try {
		const unlock = await takeLock(path.join(folder, `${fileName}.lock`));
		if (!unlock)
			return failure(createError("downloadRunning", { file: fileName }));
		try {
			await new PartFile(folder, fileName).remove();
			return success(undefined);
		} finally {
			await unlock();
		}
	} catch (thrown) {
		return failure(writeError(fileName, folder, thrown));
	}
}

async function alreadyThere({
	expected,
	fileName,
	folder,
	signal,
}: DownloadRequest): Promise<Downloaded | undefined> {
	const file = path.join(folder, fileName);
	const sizeBytes = await sizeOf(file);
	if (sizeBytes === undefined) return undefined;
	const same =
		sizeBytes === expected.sizeBytes &&
		(await sha256Of(file, signal)) === expected.sha256;
	return same
		? success({ kind: "alreadyThere", file })
		: failure(createError("modelNameTaken", { file: fileName, folder }));
}

async function download(request: DownloadRequest): Promise<Downloaded> {
	const { expected, fileName, folder, url } = request;
	// Before gigabytes are downloaded whose record could not be written.
	const records = await readInstallRecords(folder);
	if (!records.ok) return records;

	const { sizeBytes, sha256 } = expected;
	const part = new PartFile(folder, fileName);
	const found = await part.resume({ url, sizeBytes, sha256 });
	const needed = sizeBytes - found.sizeBytes;
	const free = await (request.freeBytes ?? freeBytesOf)(folder);
	if (free < needed)
		return failure(roomError(fileName, folder, { free, needed }));

	const open = request.open ?? openFile;
	const writer = await PartWriter.open(
		part,
		{ url, sizeBytes, sha256, folder, fileName, open },
		found.validator,
	);
	let fetched: Fetched;
	let digest = "";
	try {
		fetched = await fetchInto(writer, request);
		if (fetched.kind === "whole") digest = await writer.finish();
	} finally {
		await writer.close();
	}
	switch (fetched.kind) {
		case "cancelled":
			return success(fetched);
		case "failed":
			if (!fetched.resumable) await part.remove();
			return failure(fetched.error);
		case "whole":
			return await complete(part, digest, request);
	}
}

async function fetchInto(
	writer: PartWriter,
	request: DownloadRequest,
): Promise<Fetched> {
	const { expected, onProgress, signal } = request;
	const report = (kind: DownloadProgress["kind"]) =>
		onProgress?.({
			kind,
			doneBytes: writer.doneBytes,
			totalBytes: expected.sizeBytes,
		});
	await writer.catchUp(signal, () => report("checking"));
	return await fetchRest(
		{
			...request,
			sleep: request.sleep ?? sleep,
			onBytes: () => report("downloading"),
		},
		writer,
	);
}

/** Verifies the complete file and moves it into place. */
async function complete(
	part: PartFile,
	digest: string,
	{ expected, fileName, folder, url }: DownloadRequest,
): Promise<Downloaded> {
	if (digest !== expected.sha256) {
		await part.remove();
		return failure(
			createError("downloadHash", {
				file: fileName,
				host: new URL(url).hostname,
				found: digest,
				expected: expected.sha256,
			}),
		);
	}
	const read = readModelFile(part.file);
	if (!read.ok) {
		await part.remove();
		const { code, values } = read.error;
		return failure({ code, values: { ...values, file: fileName } });
	}
	const file = path.join(folder, fileName);
	if ((await moveIntoPlace(part.file, file)) === "taken")
		return failure(createError("modelNameTaken", { file: fileName, folder }));
	await part.removeDescription();
	const listed = await addInstallRecord(folder, {
		fileName,
		sizeBytes: expected.sizeBytes,
		sha256: digest,
		how: "downloaded",
		source: url,
		addedAt: new Date().toISOString(),
	});
	return listed.ok ? success({ kind: "downloaded", file }) : listed;
}
