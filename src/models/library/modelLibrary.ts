/** The list of the models on the machine, each described from its header or with what is wrong with it. */

import { inParallel } from "../../base/inParallel.ts";
import { failure, type Result, success } from "../../base/result.ts";
import { createError, type HeadroomError } from "../../protocol/errors.ts";
import { reasonOf } from "../../storage/fileErrors.ts";
import {
	type ModelContent,
	type ReadModel,
	readModel,
} from "../header/readModel.ts";
import {
	type FoundModel,
	findModelFiles,
	type Sighting,
} from "../stores/findModelFiles.ts";
import type { ModelStore } from "../stores/modelStores.ts";
import type { Skipped } from "../stores/walkFolder.ts";
import { ModelCache } from "./modelCache.ts";

export interface ListedModel {
	/** The first of its files, which llama.cpp is given: no other model of the list has it. */
	readonly file: string;
	readonly files: readonly string[];
	/** Of all its files. */
	readonly sizeBytes: number;
	/** For people; two models may have the same. */
	readonly name: string;
	/** All the ways by which it was found; the first gave name and path. */
	readonly sightings: readonly [Sighting, ...Sighting[]];
	readonly content: Result<ModelContent, HeadroomError>;
}

/** By any of the ways it was found. */
export function isAt({ sightings }: ListedModel, file: string): boolean {
	return sightings.some((it) => it.file === file);
}

export interface ModelList {
	/** By name, then path. */
	readonly models: readonly ListedModel[];
	/** What could not be looked at. */
	readonly skipped: readonly Skipped[];
	/** What to watch to know when to list again. */
	readonly folders: readonly string[];
}

export interface ListOptions {
	/** Of two stores with the same file, the earlier gives its name and path. */
	readonly stores: readonly ModelStore[];
	/** Where descriptions are kept between lists; need not exist, and lies best in none of the stores. */
	readonly cacheFile: string;
	readonly readModel?: ReadModel;
}

/** More would hold more headers in memory, and read no faster. */
const readingsAtOnce = 3;

/** Reads the headers of new and changed files, and of the others only size and time. Never rejects. */
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
		skipped.push({ path: cacheFile, why: reasonOf(thrown) });
	}
	return {
		models: listed.filter((it) => it !== undefined).sort(byName),
		skipped,
		folders: found.folders,
	};
}

/** Undefined for what is no language model. */
async function listedModel(
	found: FoundModel,
	cache: ModelCache,
	read: ReadModel,
): Promise<ListedModel | undefined> {
	const { files, sizeBytes, stamp, sightings } = found;
	const [{ name, file }] = sightings;
	const listed = { file, files, sizeBytes, name, sightings };
	if (found.missingFiles.length > 0)
		return { ...listed, content: failure(incomplete(found, file)) };
	let reading = cache.get(file, stamp);
	if (!reading) {
		reading = await read(files);
		cache.set(file, stamp, reading);
	}
	switch (reading.kind) {
		case "model":
			return { ...listed, content: success(reading.content) };
		case "broken":
			return { ...listed, content: failure(reading.error) };
		case "other":
			return undefined;
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

/** Not by the language of the machine: the order is the same on all. */
function byName(a: ListedModel, b: ListedModel): number {
	return (
		compare(a.name.toLowerCase(), b.name.toLowerCase()) ||
		compare(a.file, b.file)
	);
}

function compare(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
