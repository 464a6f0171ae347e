/** A download that is not finished: `NAME.gguf.part`, and beside it in `NAME.gguf.part.json` what it is a part of. */

import fs from "node:fs/promises";
import path from "node:path";
import * as z from "zod/mini";
import { replaceFile } from "../../storage/atomicFile.ts";
import { sizeOf } from "../../storage/disk.ts";

const Description = z.readonly(
	z.object({
		url: z.string(),
		sizeBytes: z.number(),
		sha256: z.string(),
		/** The host's name for these very bytes (a strong ETag), if it has one. */
		validator: z.nullable(z.string()),
	}),
);
export type PartDescription = z.infer<typeof Description>;

export class PartFile {
	readonly file: string;
	readonly #description: string;

	constructor(folder: string, fileName: string) {
		this.file = path.join(folder, `${fileName}.part`);
		this.#description = `${this.file}.json`;
	}

	/**
	 * How many bytes are there to go on from, and their validator. The hash says what file it is, so a part from another host will do; its
	 * validator will not. A part that is of something else, too long, or whose description is missing or broken is removed.
	 */
	async resume(wanted: Omit<PartDescription, "validator">): Promise<{
		readonly sizeBytes: number;
		readonly validator: string | null;
	}> {
		const description = await this.#read();
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

	/** Before the first byte is written: a part without it is worth nothing. */
	async describe(description: PartDescription): Promise<void> {
		await replaceFile(this.#description, JSON.stringify(description));
	}

	/** When the part has become the file. */
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
				JSON.parse(await fs.readFile(this.#description, "utf8")),
			);
		} catch {
			return undefined;
		}
	}
}
