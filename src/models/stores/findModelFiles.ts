/** Finds the model files in the stores: each file once, with all of its names. Opens no file but Ollama's manifests. */

import { stat } from "node:fs/promises";
import path from "node:path";
import { inParallel } from "../../base/inParallel.ts";
import { codeOf, readFailureReason } from "../../storage/fileErrors.ts";
import { huggingFaceCache } from "./huggingFaceCache.ts";
import type { Layout, StoredModel } from "./layout.ts";
import type { ModelStore, StoreKind } from "./modelStores.ts";
import { ollamaStore } from "./ollamaStore.ts";
import { plainFolder } from "./plainFolder.ts";
import type { Skipped } from "./walkFolder.ts";

/** One place and name under which a model was found. */
export interface ModelLocation {
	readonly store: StoreKind;
	/** The name in the store: `qwen2.5-coder:7b`, `ORG/NAME`, or the path in its folder. */
	readonly label: string;
	/** For display: the label in Ollama, elsewhere the file name. */
	readonly name: string;
	/** The first of its files, by this path. */
	readonly file: string;
}

export interface FoundModel {
	/** Absolute paths by the first location, the first part first. */
	readonly files: readonly string[];
	/** Names of missing parts. */
	readonly missingFiles: readonly string[];
	/** Of the existing parts. */
	readonly sizeBytes: number;
	/** Changes when size or time of a file does. */
	readonly stamp: string;
	/** In the order of the stores. */
	readonly locations: readonly [ModelLocation, ...ModelLocation[]];
}

export interface FoundFiles {
	readonly models: readonly FoundModel[];
	/** By path. */
	readonly skipped: readonly Skipped[];
	/** The folders to watch for changes. */
	readonly folders: readonly string[];
}

/** Every folder is searched for every layout, so that a folder in the settings may have any of them. */
const layouts: readonly Layout[] = [ollamaStore, huggingFaceCache, plainFolder];
const storesAtOnce = 4;
const filesAtOnce = 32;

/** Never rejects. If two stores have the same file, the earlier store in the list provides the path. */
export async function findModelFiles(
	stores: readonly ModelStore[],
): Promise<FoundFiles> {
	const searched = await inParallel(stores, storesAtOnce, searchStore);
	const found = searched.flatMap(({ models }) => models);
	const inspected = await inParallel(found, filesAtOnce, inspect);
	return {
		models: mergeAliases(
			inspected.flatMap(({ model }) => (model ? [model] : [])),
		),
		skipped: [...searched, ...inspected]
			.flatMap(({ skipped }) => skipped)
			.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)),
		folders: [...new Set(searched.flatMap(({ folders }) => folders))],
	};
}

interface LocatedModel extends StoredModel {
	readonly store: StoreKind;
}

interface SearchedStore {
	readonly models: readonly LocatedModel[];
	readonly skipped: readonly Skipped[];
	readonly folders: readonly string[];
}

async function searchStore({
	kind,
	folder,
}: ModelStore): Promise<SearchedStore> {
	const problem = await problemWith(folder);
	if (problem !== undefined)
		return {
			models: [],
			folders: [],
			// Most tools are not installed, but a folder that the user names is expected to exist.
			skipped:
				problem.isMissing && kind !== "folder"
					? []
					: [{ path: folder, why: problem.why }],
		};
	const findings = await inParallel(layouts, layouts.length, (layout) =>
		layout(folder),
	);
	return {
		models: findings
			.flatMap(({ models }) => models)
			.map((model) => ({ ...model, store: kind })),
		// All layouts start from the same folder and report the same problem with it.
		skipped: [
			...new Map(
				findings
					.flatMap(({ skipped }) => skipped)
					.map((it) => [it.path, it] as const),
			).values(),
		],
		folders: findings.flatMap(({ folders }) => folders),
	};
}

async function problemWith(
	folder: string,
): Promise<{ readonly isMissing: boolean; readonly why: string } | undefined> {
	try {
		return (await stat(folder)).isDirectory()
			? undefined
			: { isMissing: false, why: "it is not a folder" };
	} catch (thrown) {
		return {
			isMissing: codeOf(thrown) === "ENOENT",
			why: readFailureReason(thrown),
		};
	}
}

interface InspectedModel {
	readonly found: FoundModel;
	/** Two models that share one of these are the same file. */
	readonly identities: readonly string[];
}

interface Inspection {
	readonly model?: InspectedModel;
	readonly skipped: readonly Skipped[];
}

async function inspect(model: LocatedModel): Promise<Inspection> {
	const { store, label, name, digest } = model;
	const files = await inParallel(model.files, 4, inspectFile);
	const existing = files.filter((it) => "sizeBytes" in it);
	const skipped = files.filter((it) => "why" in it);
	const [first] = existing;
	if (!first) return { skipped };
	return {
		skipped,
		model: {
			found: {
				files: existing.map((it) => it.path),
				missingFiles: [
					...model.missingFiles,
					...skipped.map((it) => path.basename(it.path)),
				],
				sizeBytes: existing.reduce((sum, it) => sum + it.sizeBytes, 0),
				stamp: existing.map(({ stamp }) => stamp).join(" "),
				locations: [{ store, label, name, file: first.path }],
			},
			identities: [
				existing.map(({ identity }) => identity).join(" "),
				...(digest === undefined ? [] : [digest]),
			],
		},
	};
}

interface InspectedFile {
	readonly path: string;
	readonly sizeBytes: number;
	readonly stamp: string;
	readonly identity: string;
}

async function inspectFile(file: string): Promise<InspectedFile | Skipped> {
	try {
		// As bigint: inode numbers on Windows exceed 2^53.
		const stats = await stat(file, { bigint: true });
		if (!stats.isFile()) return { path: file, why: "it is not a file" };
		return {
			path: file,
			sizeBytes: Number(stats.size),
			stamp: `${stats.size}@${stats.mtimeNs}`,
			// Some network drives have no inode numbers.
			identity: stats.ino === 0n ? file : `${stats.dev}:${stats.ino}`,
		};
	} catch (thrown) {
		return { path: file, why: readFailureReason(thrown) };
	}
}

function mergeAliases(models: readonly InspectedModel[]): FoundModel[] {
	const groups = new Map<string, FoundModel[]>();
	for (const { found, identities } of models) {
		const group =
			identities
				.map((identity) => groups.get(identity))
				.find((it) => it !== undefined) ?? [];
		group.push(found);
		for (const identity of identities) groups.set(identity, group);
	}
	return [...new Set(groups.values())].flatMap((group) => {
		const [first] = group;
		if (!first) return [];
		const [location] = first.locations;
		return [
			{
				...first,
				locations: [
					location,
					...group.slice(1).flatMap(({ locations }) => locations),
				] as const,
			},
		];
	});
}
