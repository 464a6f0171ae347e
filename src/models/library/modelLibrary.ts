/** Lists the models on the machine, each with a description from its header or an error. */

import { inParallel } from "../../base/inParallel.ts";
import { failure, type Result, success } from "../../base/result.ts";
import {
	createError,
	type HeadroomError,
	messageOf,
} from "../../protocol/errors.ts";
import { readFailureReason } from "../../storage/fileErrors.ts";
import {
	type ModelContent,
	type ModelReading,
	type ReadModel,
	readModel,
} from "../header/readModel.ts";
import {
	type FoundModel,
	findModelFiles,
	type ModelLocation,
} from "../stores/findModelFiles.ts";
import type { ModelStore } from "../stores/modelStores.ts";
import type { Skipped } from "../stores/walkFolder.ts";
import { ModelCache } from "./modelCache.ts";

export interface ListedModel {
	/** The first of its files, which is passed to llama.cpp. Unique in the list. */
	readonly file: string;
	readonly files: readonly string[];
	/** Of all its files. */
	readonly sizeBytes: number;
	/** For display; not unique. */
	readonly name: string;
	/** All places where it was found; the first provides name and path. */
	readonly locations: readonly [ModelLocation, ...ModelLocation[]];
	readonly content: Result<ModelContent, HeadroomError>;
}

/** Whether the model was found under this path. */
export function isAt({ locations }: ListedModel, file: string): boolean {
	return locations.some((it) => it.file === file);
}

export interface ModelList {
	/** By name, then path. */
	readonly models: readonly ListedModel[];
	/** What could not be read. */
	readonly skipped: readonly Skipped[];
	/** The folders to watch for changes. */
	readonly folders: readonly string[];
}

export interface ListOptions {
	/** If two stores have the same file, the earlier one provides its name and path. */
	readonly stores: readonly ModelStore[];
	/** The cache of descriptions; need not exist, and should not be in a store. */
	readonly cacheFile: string;
	readonly readModel?: ReadModel;
}

/** More would take more memory and read no faster. */
const readingsAtOnce = 3;

/** Reads the headers of new and changed files only. Never rejects. */
export async function listModels({
	stores,
	cacheFile,
	readModel: read = readModel,
}: ListOptions): Promise<ModelList> {
	const [found, cache] = await Promise.all([
		findModelFiles(stores),
		ModelCache.open(cacheFile),
	]);
	const listed = await inParallel(found.models, readingsAtOnce, (model) =>
		listedModel(model, cache, read),
	);
	const skipped = [...found.skipped];
	try {
		await cache.save();
	} catch (thrown) {
		skipped.push({ path: cacheFile, why: readFailureReason(thrown) });
	}
	return {
		models: listed.filter((it) => it !== undefined).sort(byName),
		skipped,
		folders: found.folders,
	};
}

/** Undefined for files that are not language models. */
async function listedModel(
	found: FoundModel,
	cache: ModelCache,
	read: ReadModel,
): Promise<ListedModel | undefined> {
	const { files, sizeBytes, stamp, locations } = found;
	const [{ name, file }] = locations;
	const listed = { file, files, sizeBytes, name, locations };
	if (found.missingFiles.length > 0)
		return { ...listed, content: failure(incomplete(found, file)) };
	const reading =
		cache.get(file, stamp) ?? (await readFirstTime(found, cache, read));
	switch (reading.kind) {
		case "model":
			return { ...listed, content: success(reading.content) };
		case "broken":
			return { ...listed, content: failure(reading.error) };
		case "other":
			return undefined;
	}
}

/** One file that the reader has a defect with is one bad row, and not the end of the list. */
async function readFirstTime(
	{ files, stamp, locations: [{ file }] }: FoundModel,
	cache: ModelCache,
	read: ReadModel,
): Promise<ModelReading> {
	try {
		const reading = await read(files);
		cache.set(file, stamp, reading);
		return reading;
	} catch (thrown) {
		const error = createError("modelUnreadable", {
			file,
			why: messageOf(thrown),
		});
		return { kind: "broken", error };
	}
}

function incomplete(
	{ files, missingFiles }: FoundModel,
	file: string,
): HeadroomError {
	const [first = ""] = missingFiles;
	const others = missingFiles.length - 1;
	return createError("modelIncomplete", {
		file,
		count: String(files.length + missingFiles.length),
		missing: others > 0 ? `${first} (and ${others} more)` : first,
	});
}

/** Independent of the locale, so that the order is the same on every machine. */
function byName(a: ListedModel, b: ListedModel): number {
	return (
		compare(a.name.toLowerCase(), b.name.toLowerCase()) ||
		compare(a.file, b.file)
	);
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
