/**
 * The store of Ollama: `manifests/REGISTRY/NAMESPACE/MODEL/TAG` names the layers of a model, `blobs/sha256-HEX` holds them.
 *
 * Its templates are written in Go's language, which llama.cpp does not speak, and its licenses are whole texts: for both,
 * the header of the model is used instead.
 */

import path from "node:path";
import * as z from "zod/mini";
import { inParallel } from "../../base/inParallel.ts";
import { readFailureReason } from "../../storage/fileErrors.ts";
import { readSmallFile } from "../../storage/smallFile.ts";
import type { Layout, StoredModel } from "./layout.ts";
import { type Skipped, walkFolder } from "./walkFolder.ts";

const Manifest = z.object({
	layers: z.array(z.object({ mediaType: z.string(), digest: z.string() })),
});

const maxEntries = 20_000;
/** Usual manifests have 1 KB; those of models in other formats list every tensor. */
const maxManifestBytes = 4 * 1024 * 1024;
/** Registry, namespace, model; the tag is a file. */
const depth = 3;

export const ollamaStore: Layout = async (folder) => {
	const manifests = path.join(folder, "manifests");
	const walk = await walkFolder(manifests, {
		depth,
		entries: maxEntries,
		wantsFile: (name) => !name.startsWith("."),
		wantsFolder: (name) => !name.startsWith("."),
	});
	const skipped: Skipped[] = [...walk.skipped];
	const read = await inParallel(walk.files, 8, async (file) => {
		const parts = path.relative(manifests, file).split(path.sep);
		if (parts.length !== depth + 1) return undefined;
		try {
			const digest = modelDigest(await readSmallFile(file, maxManifestBytes));
			return digest === undefined
				? undefined
				: storedModelOf(folder, ollamaName(parts), digest);
		} catch (thrown) {
			skipped.push({ path: file, why: readFailureReason(thrown) });
			return undefined;
		}
	});
	return {
		models: read.filter((it) => it !== undefined),
		folders: walk.folders,
		skipped,
	};
};

function storedModelOf(
	folder: string,
	name: string,
	digest: string,
): StoredModel {
	return {
		files: [path.join(folder, "blobs", `sha256-${digest}`)],
		missingFiles: [],
		name,
		label: name,
		digest,
	};
}

/**
 * Undefined for models that are not a single GGUF file: models in the cloud, tensors stored one by one, and adapters on top of another model.
 * Throws where it is not a manifest.
 */
function modelDigest(json: string): string | undefined {
	const { layers } = parseManifest(json);
	const isKind = (kind: string) => (layer: { readonly mediaType: string }) =>
		layer.mediaType === `application/vnd.ollama.image.${kind}`;
	if (layers.some(isKind("adapter"))) return undefined;
	// The digest becomes part of a path, so only hex is allowed.
	return /^sha256:([0-9a-f]{64})$/.exec(
		layers.find(isKind("model"))?.digest ?? "",
	)?.[1];
}

function parseManifest(json: string): z.infer<typeof Manifest> {
	try {
		return Manifest.parse(JSON.parse(json));
	} catch {
		throw new Error("it is not a manifest of Ollama");
	}
}

/** As `ollama list` prints it: the usual registry and namespace are left out. */
function ollamaName(parts: readonly string[]): string {
	const [registry = "", namespace = "", model = "", tag = ""] = parts;
	const owner = [
		...(registry === "registry.ollama.ai" ? [] : [registry]),
		...(registry === "registry.ollama.ai" && namespace === "library"
			? []
			: [namespace]),
	];
	return `${[...owner, model].join("/")}:${tag}`;
}
