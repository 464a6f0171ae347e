/** A partial download: `NAME.gguf.part`, and its description in `NAME.gguf.part.json`. */

import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod/mini";
import { replaceFile } from "../../storage/atomicFile.ts";
import { isForeign, sizeOf } from "../../storage/disk.ts";
import { readSmallFile } from "../../storage/smallFile.ts";

const Description = z.readonly(
	z.object({
		url: z.string(),
		sizeBytes: z.number(),
		sha256: z.string(),
		/** The strong ETag from the host, if it sent one. */
		validator: z.nullable(z.string()),
	}),
);
export type PartDescription = z.infer<typeof Description>;

const maxDescriptionBytes = 65_536;

export class PartFile {
	readonly file: string;
	readonly #description: string;

	constructor(folder: string, fileName: string) {
		this.file = path.join(folder, `${fileName}.part`);
		this.#description = `${this.file}.json`;
	}

	/**
	 * The number of bytes to resume from, and their validator. A part from another host can be resumed if the hash is the same, but without its
	 * validator. Removes a part of another file, one that is too long, one with a missing or broken description, and a link under its name, which may
	 * lead to any file of the user.
	 */
	async resume(wanted: Omit<PartDescription, "validator">): Promise<{
		readonly sizeBytes: number;
		readonly validator: string | null;
	}> {
		const isLink = await isForeign(this.file);
		const description = isLink ? undefined : await this.#read();
		const sizeBytes = (await sizeOf(this.file)) ?? 0;
		if (
			description?.sha256 === wanted.sha256 &&
			description.sizeBytes === wanted.sizeBytes &&
			sizeBytes <= wanted.sizeBytes
		)
			return {
				sizeBytes,
				validator:
					description.url === wanted.url ? description.validator : null,
			};
		await this.remove();
		return { sizeBytes: 0, validator: null };
	}

	/** Call it before the first byte is written: a part without a description is discarded. */
	async describe(description: PartDescription): Promise<void> {
		await replaceFile(this.#description, JSON.stringify(description));
	}

	/** Call it when the part was moved into place. */
	async removeDescription(): Promise<void> {
		await fs.rm(this.#description, { force: true });
	}

	async remove(): Promise<void> {
		await fs.rm(this.file, { force: true });
		await this.removeDescription();
	}

	async #read(): Promise<PartDescription | undefined> {
		try {
			return Description.parse(
				JSON.parse(await readSmallFile(this.#description, maxDescriptionBytes)),
			);
		} catch {
			return undefined;
		}
	}
}
