/** Lists the models of this machine in the folders that the settings select. */

import { stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { failure, success } from "../../base/result.ts";
import { openError } from "../header/describeHeader.ts";
import { readModel } from "../header/readModel.ts";
import { modelTitle } from "../stores/modelFileNames.ts";
import { type ModelStore, modelStores } from "../stores/modelStores.ts";
import {
	isAt,
	type ListedModel,
	listModels,
	type ModelList,
} from "./modelLibrary.ts";

export interface InstalledModelsRequest {
	/** The other models in its folder ship with the extension too. */
	readonly builtInFile: string;
	/** The extension's storage folder, which need not exist: holds downloaded models and the header cache. */
	readonly storageFolder: string;
	/** From the settings. */
	readonly folders: readonly string[];
	/** Whether to search the folders of other tools. */
	readonly searchesStores: boolean;
	/** The selected model; an absolute path is listed wherever it is. */
	readonly chosen: string;
}

/** Never rejects. */
export async function listInstalledModels(
	request: InstalledModelsRequest,
): Promise<ModelList> {
	const { chosen, storageFolder } = request;
	const list = await listModels({
		stores: storesOf(request),
		// Outside the models folder, which is watched.
		cacheFile: path.join(storageFolder, "modelCache.json"),
	});
	if (!path.isAbsolute(chosen) || list.models.some((it) => isAt(it, chosen)))
		return list;
	const model = await modelAt(chosen);
	return model ? { ...list, models: [...list.models, model] } : list;
}

/** Undefined for files that are not language models. */
async function modelAt(file: string): Promise<ListedModel | undefined> {
	const name = modelTitle(file);
	const listed = {
		file,
		files: [file],
		name,
		locations: [{ store: "folder", label: file, name, file }],
	} as const;
	try {
		const { size: sizeBytes } = await stat(file);
		const reading = await readModel([file]);
		switch (reading.kind) {
			case "model":
				return { ...listed, sizeBytes, content: success(reading.content) };
			case "broken":
				return { ...listed, sizeBytes, content: failure(reading.error) };
			case "other":
				return undefined;
		}
	} catch (thrown) {
		return {
			...listed,
			sizeBytes: 0,
			content: failure(openError(file, thrown)),
		};
	}
}

function storesOf({
	builtInFile,
	storageFolder,
	folders,
	searchesStores,
}: InstalledModelsRequest): readonly ModelStore[] {
	const own = [path.dirname(builtInFile), path.join(storageFolder, "models")];
	return [
		...own.map((folder) => ({ kind: "headroom", folder }) as const),
		...folders.map((folder) => ({ kind: "folder", folder }) as const),
		...(searchesStores
			? modelStores({
					platform: process.platform,
					environment: process.env,
					homeFolder: os.homedir(),
				})
			: []),
	];
}
