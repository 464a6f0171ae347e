/** The commands that get, import, remove and benchmark models. */

import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import type { ModelHost } from "../../client/modelHost.ts";
import { canComplete } from "../../models/choice/recommendModel.ts";
import type { Configuration } from "../platform/configuration.ts";
import type { ExtensionPaths } from "../platform/extensionPaths.ts";
import { registerBenchmark } from "./benchmark.ts";
import type { ChosenModel } from "./chosenModel.ts";
import { registerGetModel } from "./getModel.ts";
import { registerImportModel } from "./importModel.ts";
import { registerRemoveModel } from "./removeModel.ts";

export interface RegisterModelsOptions {
	readonly host: ModelHost;
	readonly chosen: ChosenModel;
	readonly configuration: Configuration;
	readonly paths: ExtensionPaths;
	readonly useModel: (file: string) => Promise<void>;
	readonly log: Log;
}

export function registerModels({
	host,
	chosen,
	configuration,
	paths: { modelsFolder: folder, catalogFile, benchmarkFile },
	useModel,
	log,
}: RegisterModelsOptions): Disposable {
	const store = new DisposableStore();
	store.add(
		registerGetModel({
			configuration,
			folder,
			catalogFile,
			devices: () => host.devices.get(),
			useModel,
		}),
	);
	store.add(registerImportModel({ folder, useModel }));
	store.add(registerRemoveModel({ configuration, folder }));
	store.add(
		registerBenchmark({
			models: async () => (await chosen.list()).models.filter(canComplete),
			withModel: (file, work) => host.withModel(file, work),
			freeMemory: () => host.supervisor.stop(),
			resultsFile: benchmarkFile,
			log,
		}),
	);
	return store;
}
