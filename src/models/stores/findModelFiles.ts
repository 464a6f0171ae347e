/** From stores to model files: each once, where it lies, with all the names it goes by. No file is opened but Ollama's manifests. */

import { stat } from "node:fs/promises";
import path from "node:path";
import { inParallel } from "../../base/inParallel.ts";
import { codeOf, reasonOf } from "../../storage/fileErrors.ts";
import { huggingFaceCache } from "./huggingFaceCache.ts";
import type { Candidate, Layout } from "./layout.ts";
import type { ModelStore, StoreKind } from "./modelStores.ts";
import { ollamaStore } from "./ollamaStore.ts";
import { plainFolder } from "./plainFolder.ts";
import type { Skipped } from "./walkFolder.ts";

/** One of the ways by which a model was found. */
export interface Sighting {
	readonly store: StoreKind;
	/** How the store calls it: `qwen2.5-coder:7b`, `ORG/NAME`, or the path in its folder. */
	readonly label: string;
	/** For people: the label in Ollama, elsewhere the name of the file. */
	readonly name: string;
	/** The first of its files, by this way. */
	readonly file: string;
}

export interface FoundModel {
	/** Absolute paths by the first sighting, the first part first. */
	readonly files: readonly string[];
	/** Names of parts that are not there. */
	readonly missingFiles: readonly string[];
	/** Of the parts that are there. */
	readonly sizeBytes: number;
	/** Changes when size or time of a file does. */
	readonly stamp: string;
	/** In the order of the stores. */
	readonly sightings: readonly [Sighting, ...Sighting[]];
}

export interface FoundFiles {
	readonly models: readonly FoundModel[];
	/** By path. */
	readonly skipped: readonly Skipped[];
	/** What to watch for changes. */
	readonly folders: readonly string[];
}

/** Each looks for its own signs, so that a folder of the settings may be any of them. */
const layouts: readonly Layout[] = [ollamaStore, huggingFaceCache, plainFolder];
const storesAtOnce = 4;
const filesAtOnce = 32;

/** Never rejects. Of two stores with the same file, the earlier in the list gives the path. */
export async function findModelFiles(
	stores: readonly ModelStore[],
): Promise<FoundFiles> {
	const searched = await inParallel(stores, storesAtOnce, searchStore);
	const sighted = searched.flatMap(({ candidates }) => candidates);
	const looked = await inParallel(sighted, filesAtOnce, lookAt);
	return {
		models: mergeAliases(looked.flatMap(({ seen }) => (seen ? [seen] : []))),
		skipped: [...searched, ...looked]
			.flatMap(({ skipped }) => skipped)
			.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)),
		folders: [...new Set(searched.flatMap(({ folders }) => folders))],
	};
}

interface SightedCandidate extends Candidate {
	readonly store: StoreKind;
}

interface SearchedStore {
	readonly candidates: readonly SightedCandidate[];
	readonly skipped: readonly Skipped[];
	readonly folders: readonly string[];
}

async function searchStore({
	kind,
	folder,
}: ModelStore): Promise<SearchedStore> {
	const trouble = await troubleWith(folder);
	if (trouble !== undefined)
		return {
			candidates: [],
			folders: [],
			// Most tools are not installed; but what the user names is expected to be there.
			skipped:
				trouble.isMissing && kind !== "folder"
					? []
					: [{ path: folder, why: trouble.why }],
		};
	const findings = await inParallel(layouts, layouts.length, (layout) =>
		layout(folder),
	);
	return {
		candidates: findings
			.flatMap(({ candidates }) => candidates)
			.map((candidate) => ({ ...candidate, store: kind })),
		// The layouts begin with the same folder, and stumble over it alike.
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

async function troubleWith(
	folder: string,
): Promise<{ readonly isMissing: boolean; readonly why: string } | undefined> {
	try {
		return (await stat(folder)).isDirectory()
			? undefined
			: { isMissing: false, why: "it is not a folder" };
	} catch (thrown) {
		return {
			isMissing: codeOf(thrown) === "ENOENT",
			why: reasonOf(thrown),
		};
	}
}

interface SeenModel {
	readonly found: FoundModel;
	/** Two models that share one of these are the same bytes. */
	readonly identities: readonly string[];
}

interface Look {
	readonly seen?: SeenModel;
	readonly skipped: readonly Skipped[];
}

async function lookAt(candidate: SightedCandidate): Promise<Look> {
	const { store, label, name, digest } = candidate;
	const looks = await inParallel(candidate.files, 4, lookAtFile);
	const there = looks.filter((it) => "sizeBytes" in it);
	const skipped = looks.filter((it) => "why" in it);
	const [first] = there;
	if (!first) return { skipped };
	return {
		skipped,
		seen: {
			found: {
				files: there.map((it) => it.path),
				missingFiles: [
					...candidate.missingFiles,
					...skipped.map((it) => path.basename(it.path)),
				],
				sizeBytes: there.reduce((sum, it) => sum + it.sizeBytes, 0),
				stamp: there.map(({ stamp }) => stamp).join(" "),
				sightings: [{ store, label, name, file: first.path }],
			},
			identities: [
				there.map(({ identity }) => identity).join(" "),
				...(digest === undefined ? [] : [digest]),
			],
		},
	};
}

interface FileLook {
	readonly path: string;
	readonly sizeBytes: number;
	readonly stamp: string;
	readonly identity: string;
}

async function lookAtFile(file: string): Promise<FileLook | Skipped> {
	try {
		// As big integers: inode numbers of Windows are larger than what a number holds exactly.
		const look = await stat(file, { bigint: true });
		if (!look.isFile()) return { path: file, why: "it is not a file" };
		return {
			path: file,
			sizeBytes: Number(look.size),
			stamp: `${look.size}@${look.mtimeNs}`,
			// Some network drives number nothing.
			identity: look.ino === 0n ? file : `${look.dev}:${look.ino}`,
		};
	} catch (thrown) {
		return { path: file, why: reasonOf(thrown) };
	}
}

function mergeAliases(seen: readonly SeenModel[]): FoundModel[] {
	const groups = new Map<string, FoundModel[]>();
	for (const { found, identities } of seen) {
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
		const [sighting] = first.sightings;
		return [
			{
				...first,
				sightings: [
					sighting,
					...group.slice(1).flatMap(({ sightings }) => sightings),
				] as const,
			},
		];
	});
}
