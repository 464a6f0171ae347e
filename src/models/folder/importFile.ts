/** Imports one model file into the models folder: checks it, then links or copies it. */

import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { assert } from "../../base/assert.ts";
import { failure, type Result, success } from "../../base/result.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import {
	exists,
	type FreeBytes,
	freeBytesOf,
	moveIntoPlace,
	type OpenSink,
	openFile,
	type Sink,
	writeWhole,
} from "../../storage/disk.ts";
import { codeOf, roomError, writeError } from "../../storage/fileErrors.ts";
import { readChunks, sha256Of } from "../../storage/sha256.ts";
import { readModelFile } from "../header/modelFile.ts";
import {
	isModelFileName,
	isSplit,
	namesLike,
} from "../stores/modelFileNames.ts";
import { type Checksum, checksumFor } from "./checksums.ts";
import { addInstallRecord, type InstallRecord } from "./installRecords.ts";

export interface ImportProgress {
	/** `checking`: the SHA-256 of a file to be linked is computed. */
	readonly kind: "checking" | "copying";
	readonly file: string;
	readonly doneBytes: number;
	readonly totalBytes: number;
}

export interface ImportOptions {
	/** Absolute path of the models folder; created where it is missing. */
	readonly folder: string;
	/** `hardLink` takes no space on the same disk, and copies from another disk. */
	readonly how: "copy" | "hardLink" | "symlink";
	readonly signal: AbortSignal;
	/** Called for every chunk of a megabyte. */
	readonly onProgress?: (progress: ImportProgress) => void;
	readonly freeBytes?: FreeBytes;
	readonly open?: OpenSink;
}

export type ImportedFile = { readonly source: string } & (
	| { readonly kind: "imported"; readonly file: string }
	/** The folder has a file with the same content, perhaps under another name. */
	| { readonly kind: "alreadyThere"; readonly file: string }
	| { readonly kind: "failed"; readonly error: HeadroomError }
);

interface Source {
	readonly file: string;
	readonly sizeBytes: number;
	/** Null until it is needed. */
	readonly sha256: string | null;
	readonly checksum: Checksum | undefined;
}

interface Placed {
	readonly fileName: string;
	readonly how: InstallRecord["how"];
	readonly sha256: string | null;
}

/** Undefined where it was cancelled. */
export async function importFile(
	file: string,
	request: ImportOptions,
): Promise<ImportedFile | undefined> {
	const failed = (error: HeadroomError): ImportedFile => ({
		source: file,
		kind: "failed",
		error,
	});
	try {
		const source = await check(file, request);
		if (!source.ok) return failed(source.error);
		const same = await findDuplicate(source.value, request);
		if (same !== undefined)
			return { source: file, kind: "alreadyThere", file: same };
		const placed = await place(source.value, request);
		if (!placed.ok) return failed(placed.error);
		const listed = await addInstallRecord(request.folder, {
			...placed.value,
			sizeBytes: source.value.sizeBytes,
			source: file,
			addedAt: new Date().toISOString(),
		});
		if (!listed.ok) return failed(listed.error);
		const { fileName } = placed.value;
		return {
			source: file,
			kind: "imported",
			file: path.join(request.folder, fileName),
		};
	} catch (thrown) {
		if (request.signal.aborted) return undefined;
		if (codeOf(thrown) === undefined) throw thrown;
		// The drive was removed, or is broken.
		if ((thrown as NodeJS.ErrnoException).syscall === "read")
			return failed(
				createError("modelUnreadable", { file, why: messageOf(thrown) }),
			);
		return failed(writeError(path.basename(file), request.folder, thrown));
	}
}

/** Checks the header, and the SHA-256 where a checksum file beside the model names it. */
async function check(
	file: string,
	request: ImportOptions,
): Promise<Result<Source, HeadroomError>> {
	const read = readModelFile(file);
	if (!read.ok) return read;
	const sizeBytes = read.value.description.fileBytes;
	const checksum = await checksumFor(file);
	if (!checksum.ok) return checksum;
	const source = { file, sizeBytes, sha256: null, checksum: checksum.value };
	if (!checksum.value || request.how === "copy") return success(source);
	const sha256 = await hashOf(source, request);
	const mismatch = mismatchOf(source, sha256);
	return mismatch ? failure(mismatch) : success({ ...source, sha256 });
}

/** The file in the models folder with the same content, under any name. Hashes only files of the same size. */
async function findDuplicate(
	source: Source,
	request: ImportOptions,
): Promise<string | undefined> {
	let { sha256 } = source;
	const own = await fs.stat(source.file, { bigint: true });
	for (const name of await fs.readdir(request.folder)) {
		if (!/\.gguf$/i.test(name)) continue;
		const file = path.join(request.folder, name);
		const stat = await fs.stat(file, { bigint: true }).catch(() => undefined);
		if (!stat?.isFile() || stat.size !== own.size) continue;
		// The source itself, or a link to it.
		if (stat.dev === own.dev && stat.ino === own.ino) return file;
		sha256 ??= await hashOf(source, request);
		if ((await sha256Of(file, request.signal)) === sha256) return file;
	}
	return undefined;
}

async function place(
	source: Source,
	request: ImportOptions,
): Promise<Result<Placed, HeadroomError>> {
	const name = path.basename(source.file);
	const { folder } = request;
	for (const fileName of namesLike(validName(name))) {
		const placed = await placeAs(fileName, source, request);
		if (placed !== "taken") return placed;
		// Under another name, llama.cpp would not find the parts of the model.
		if (isSplit(name))
			return failure(createError("modelNameTaken", { file: name, folder }));
	}
	assert(false, "names never end");
}

async function placeAs(
	fileName: string,
	source: Source,
	request: ImportOptions,
): Promise<Result<Placed, HeadroomError> | "taken"> {
	const target = path.join(request.folder, fileName);
	const { sha256 } = source;
	// The `.part` file belongs to a download of that name.
	if ((await exists(target)) || (await exists(`${target}.part`)))
		return "taken";
	if (request.how === "copy") return await copy(fileName, source, request);
	try {
		if (request.how === "symlink") {
			await fs.symlink(source.file, target);
			return success({ fileName, sha256, how: "symlinked" });
		}
		// Resolved first, because a hard link to a symbolic link is a symbolic link.
		await fs.link(await fs.realpath(source.file), target);
		return success({ fileName, sha256, how: "hardLinked" });
	} catch (thrown) {
		if (codeOf(thrown) === "EEXIST") return "taken";
		// Another disk, or a file system without links.
		return await copy(fileName, source, request);
	}
}

async function copy(
	fileName: string,
	source: Source,
	request: ImportOptions,
): Promise<Result<Placed, HeadroomError> | "taken"> {
	const { folder, freeBytes = freeBytesOf } = request;
	const needed = source.sizeBytes;
	const free = await freeBytes(folder);
	if (free < needed)
		return failure(roomError(fileName, folder, { free, needed }));
	const part = path.join(folder, `${fileName}.part`);
	const sink = await openNew(part, request);
	if (sink === "taken") return "taken";
	try {
		const sha256 = await copyInto(sink, source, request);
		const mismatch = mismatchOf(source, sha256);
		if (mismatch) return failure(mismatch);
		const read = readModelFile(part);
		if (!read.ok) return read;
		return (await moveIntoPlace(part, path.join(folder, fileName))) === "taken"
			? "taken"
			: success({ fileName, sha256, how: "copied" });
	} finally {
		// Nothing is lost: the source is complete.
		await fs.rm(part, { force: true });
	}
}

/** Does not touch a `.part` file that was created meanwhile. */
async function openNew(
	part: string,
	{ open = openFile }: ImportOptions,
): Promise<Sink | "taken"> {
	try {
		return await open(part, "wx");
	} catch (thrown) {
		if (codeOf(thrown) === "EEXIST") return "taken";
		throw thrown;
	}
}

/** Resolves with the SHA-256 once everything is on the disk. */
async function copyInto(
	sink: Sink,
	source: Source,
	request: ImportOptions,
): Promise<string> {
	const hash = createHash("sha256");
	let doneBytes = 0;
	try {
		for await (const chunk of readChunks(source.file, request.signal)) {
			await writeWhole(sink, chunk);
			hash.update(chunk);
			doneBytes += chunk.length;
			report(request, source, "copying", doneBytes);
		}
		await sink.sync();
	} finally {
		await sink.close();
	}
	return hash.digest("hex");
}

function hashOf(source: Source, request: ImportOptions): Promise<string> {
	let doneBytes = 0;
	return sha256Of(source.file, request.signal, (bytes) => {
		doneBytes += bytes;
		report(request, source, "checking", doneBytes);
	});
}

function report(
	{ onProgress }: ImportOptions,
	{ file, sizeBytes }: Source,
	kind: ImportProgress["kind"],
	doneBytes: number,
): void {
	onProgress?.({ kind, file, doneBytes, totalBytes: sizeBytes });
}

function mismatchOf(
	{ file, checksum }: Source,
	found: string,
): HeadroomError | undefined {
	if (!checksum || checksum.sha256 === found) return undefined;
	return createError("importHash", {
		file: path.basename(file),
		list: checksum.list,
		found,
		expected: checksum.sha256,
	});
}

/** A name that passes `isModelFileName`. */
function validName(name: string): string {
	if (isModelFileName(name)) return name;
	const stem = name.replace(/\.gguf$/i, "").replace(/[^\w.+-]+/g, "-");
	return `model-${stem}.gguf`;
}
