/** Reads the expected SHA-256 of a model file from a checksum file beside it: `NAME.gguf.sha256`, or `SHA256SUMS` as `sha256sum` writes it. */

import fs from "node:fs/promises";
import path from "node:path";
import { failure, type Result, success } from "../../base/result.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import { codeOf } from "../../storage/fileErrors.ts";

export interface Checksum {
	readonly sha256: string;
	/** The name of the checksum file. */
	readonly list: string;
}

/** A longer file is not a checksum file. */
const maxChecksumFileBytes = 2 ** 20;

/** Undefined where no checksum file names the model file. */
export async function checksumFor(
	file: string,
): Promise<Result<Checksum | undefined, HeadroomError>> {
	const name = path.basename(file);
	const own = `${name}.sha256`;
	for (const list of [own, "SHA256SUMS"]) {
		const text = await readChecksumFile(path.join(path.dirname(file), list));
		if (text === undefined) continue;
		const sha256 = findIn(text, name, list === own);
		if (sha256 !== undefined) return success({ sha256, list });
		// `SHA256SUMS` need not name this file.
		if (list === own)
			return failure(createError("importHashUnreadable", { file: name, list }));
	}
	return success(undefined);
}

function findIn(
	text: string,
	name: string,
	isItsOwn: boolean,
): string | undefined {
	for (const line of text.split(/\r?\n/)) {
		const [, sha256, named] =
			/^\\?([0-9a-f]{64})(?:\s+\*?(.+))?$/i.exec(line.trim()) ?? [];
		if (sha256 && (isItsOwn || (named && path.basename(named) === name)))
			return sha256.toLowerCase();
	}
	return undefined;
}

async function readChecksumFile(file: string): Promise<string | undefined> {
	try {
		const { size } = await fs.stat(file);
		return size > maxChecksumFileBytes ? "" : await fs.readFile(file, "utf8");
	} catch (thrown) {
		if (codeOf(thrown) === "ENOENT") return undefined;
		throw thrown;
	}
}
