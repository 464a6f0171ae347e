/** Writes and hashes a partial download. Invariant: the hash is that of the first `doneBytes` of the file. */

import { createHash } from "node:crypto";
import type { HeadroomError } from "../../protocol/errors.ts";
import { type OpenSink, type Sink, writeWhole } from "../../storage/disk.ts";
import { writeError } from "../../storage/fileErrors.ts";
import { hashInto } from "../../storage/sha256.ts";
import type { PartDescription, PartFile } from "./partFile.ts";

export interface PartTarget extends Omit<PartDescription, "validator"> {
	readonly folder: string;
	readonly fileName: string;
	readonly open: OpenSink;
}

export class PartWriter {
	readonly #part: PartFile;
	readonly #target: PartTarget;
	#hash = createHash("sha256");
	#sink: Sink;
	#doneBytes = 0;
	#validator: string | null;

	private constructor(
		part: PartFile,
		target: PartTarget,
		sink: Sink,
		validator: string | null,
	) {
		this.#part = part;
		this.#target = target;
		this.#sink = sink;
		this.#validator = validator;
	}

	/** Opens the file at the end of what `PartFile.resume` found. Call `catchUp` before writing. */
	static async open(
		part: PartFile,
		target: PartTarget,
		validator: string | null,
	): Promise<PartWriter> {
		await describe(part, target, validator);
		const sink = await target.open(part.file, "a");
		return new PartWriter(part, target, sink, validator);
	}

	get doneBytes(): number {
		return this.#doneBytes;
	}

	get validator(): string | null {
		return this.#validator;
	}

	/** Hashes the existing bytes. Rejects when the signal aborts. */
	async catchUp(
		signal: AbortSignal,
		onProgress: (doneBytes: number) => void,
	): Promise<void> {
		await hashInto(this.#hash, this.#part.file, signal, (bytes) => {
			this.#doneBytes += bytes;
			onProgress(this.#doneBytes);
		});
	}

	/** Stores the ETag, to resume only if the file on the host is unchanged. */
	async identify(etag: string | undefined): Promise<void> {
		// Weak ETags, `W/"..."`, may stand for different bytes: RFC 9110, 13.1.5.
		const validator = etag?.startsWith('"') ? etag : null;
		if (validator === this.#validator) return;
		this.#validator = validator;
		await describe(this.#part, this.#target, validator);
	}

	/** Returns the error, if any; the partial file is then kept. */
	async write(bytes: Uint8Array): Promise<HeadroomError | undefined> {
		try {
			await writeWhole(this.#sink, bytes);
		} catch (thrown) {
			return writeError(this.#target.fileName, this.#target.folder, thrown);
		}
		this.#hash.update(bytes);
		this.#doneBytes += bytes.length;
		return undefined;
	}

	async startOver(): Promise<void> {
		await this.#sink.close();
		await this.#part.remove();
		this.#hash = createHash("sha256");
		this.#doneBytes = 0;
		this.#validator = null;
		await describe(this.#part, this.#target, null);
		this.#sink = await this.#target.open(this.#part.file, "a");
	}

	/** Syncs the file to the disk and returns the SHA-256 of all of it. */
	async finish(): Promise<string> {
		await this.#sink.sync();
		return this.#hash.digest("hex");
	}

	close(): Promise<void> {
		return this.#sink.close();
	}
}

function describe(
	part: PartFile,
	{ url, sizeBytes, sha256 }: PartTarget,
	validator: string | null,
): Promise<void> {
	return part.describe({ url, sizeBytes, sha256, validator });
}
