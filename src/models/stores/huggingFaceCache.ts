/** The cache of huggingface_hub, which llama.cpp uses too: `models--ORG--NAME/snapshots/REVISION/FILE`, usually a link to `blobs/SHA256`. */

import { readlink } from "node:fs/promises";
import path from "node:path";
import { inParallel } from "../../base/inParallel.ts";
import type { Layout, LayoutFindings, StoredModel } from "./layout.ts";
import {
	type FileSet,
	fileSets,
	mayBeModel,
	modelTitle,
} from "./modelFileNames.ts";
import { walkFolder } from "./walkFolder.ts";

/** In the cache: each repository is one entry, with three folders inside. */
const maxHubEntries = 20_000;
/** In the snapshots of one repository; some repositories keep each quantization in a folder. */
const maxEntries = 5_000;
const depth = 3;
const repositoryPattern = /^models--(.+)$/;

export const huggingFaceCache: Layout = async (folder) => {
	const hub = await walkFolder(folder, {
		depth: 1,
		entries: maxHubEntries,
		wantsFile: () => false,
		wantsFolder: (name) => repositoryPattern.test(name),
	});
	const [, ...repositories] = hub.folders;
	const found = await inParallel(repositories, 8, inRepository);
	return {
		models: found.flatMap(({ models }) => models),
		folders: [
			...(found.length > 0 ? [folder] : []),
			...found.flatMap(({ folders }) => folders),
		],
		skipped: [hub, ...found].flatMap(({ skipped }) => skipped),
	};
};

async function inRepository(folder: string): Promise<LayoutFindings> {
	const [, name = ""] = repositoryPattern.exec(path.basename(folder)) ?? [];
	const label = name.replaceAll("--", "/");
	const walk = await walkFolder(path.join(folder, "snapshots"), {
		depth,
		entries: maxEntries,
		wantsFile: mayBeModel,
		wantsFolder: () => true,
	});
	return {
		...walk,
		models: await inParallel(fileSets(walk.files), 8, (set) =>
			storedModelOf(set, label),
		),
	};
}

async function storedModelOf(
	set: FileSet,
	label: string,
): Promise<StoredModel> {
	// The path in the snapshot rather than the blob: llama.cpp finds the other parts of a split model by the name of the first.
	const [first = ""] = set.files;
	const digest = set.files.length === 1 ? await digestOf(first) : undefined;
	return {
		...set,
		name: modelTitle(first),
		label,
		...(digest === undefined ? {} : { digest }),
	};
}

/** Large files are named by their SHA-256. On Windows there may be no link to follow. */
async function digestOf(file: string): Promise<string | undefined> {
	try {
		const blob = path.basename(await readlink(file));
		return /^[0-9a-f]{64}$/.test(blob) ? blob : undefined;
	} catch {
		return undefined;
	}
}
