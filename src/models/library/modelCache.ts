/** A cache of what was read from model headers, in one JSON file. */

import * as z from "zod/mini";
import type { ErrorCode } from "../../protocol/errors.ts";
import { replaceFile } from "../../storage/atomicFile.ts";
import { readSmallFile } from "../../storage/smallFile.ts";
import type { ModelReading } from "../header/readModel.ts";
import { packReading, unpackReading } from "./cachedReading.ts";

/** Raise it when the parser, the shape or the traits read the same header differently than before. */
const version = 4;

/** Entries are parsed on access, so that a broken one affects no other. */
const CacheFile = z.object({
	version: z.literal(version),
	models: z.record(
		z.string(),
		z.object({ stamp: z.string(), reading: z.unknown() }),
	),
});
type CacheEntry = z.infer<typeof CacheFile>["models"][string];

/** An entry has about 1.5 KB. */
const maxCacheBytes = 64 * 1024 * 1024;

/** Errors that follow from the content of a file. Others, such as a missing permission, can change while size and time do not. */
const lastingErrors: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
	"modelEmpty",
	"modelNotGguf",
	"modelVersion",
	"modelTruncated",
	"modelCorrupt",
	"modelRefused",
]);

export class ModelCache {
	readonly #file: string;
	readonly #loaded: ReadonlyMap<string, CacheEntry>;
	/** Entries that were read or added; the others are of deleted files and are dropped. */
	readonly #kept = new Map<string, CacheEntry>();
	#isChanged = false;

	private constructor(file: string, loaded: ReadonlyMap<string, CacheEntry>) {
		this.#file = file;
		this.#loaded = loaded;
	}

	/** Empty where the file is missing or broken. Never rejects. */
	static async open(file: string): Promise<ModelCache> {
		try {
			const { models } = CacheFile.parse(
				JSON.parse(await readSmallFile(file, maxCacheBytes)),
			);
			return new ModelCache(file, new Map(Object.entries(models)));
		} catch {
			return new ModelCache(file, new Map());
		}
	}

	/** @param stamp of the model file as it is now. */
	get(file: string, stamp: string): ModelReading | undefined {
		const entry = this.#loaded.get(file);
		if (entry?.stamp !== stamp) return undefined;
		const reading = unpackReading(entry.reading);
		if (reading) this.#kept.set(file, entry);
		return reading;
	}

	set(file: string, stamp: string, reading: ModelReading): void {
		if (reading.kind === "broken" && !lastingErrors.has(reading.error.code))
			return;
		this.#kept.set(file, { stamp, reading: packReading(reading) });
		this.#isChanged = true;
	}

	/** Writes the file if entries were added or dropped. Rejects where that fails. */
	async save(): Promise<void> {
		if (!this.#isChanged && this.#kept.size === this.#loaded.size) return;
		await replaceFile(
			this.#file,
			JSON.stringify({ version, models: Object.fromEntries(this.#kept) }),
		);
	}
}
