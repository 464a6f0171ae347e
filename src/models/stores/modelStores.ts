/** The folders in which other tools document that they keep models. Pure data: no file is looked up. */

import path from "node:path";

export type StoreKind =
	/** The extension's own folder. */
	| "headroom"
	/** A folder that the user named in the settings. */
	| "folder"
	| "ollama"
	| "lmStudio"
	| "huggingFace"
	| "llamaCpp"
	| "jan"
	| "gpt4all";

export interface ModelStore {
	readonly kind: StoreKind;
	/** Absolute path, which need not exist. */
	readonly folder: string;
}

export interface Machine {
	readonly platform: NodeJS.Platform;
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly homeFolder: string;
}

/**
 * The stores of other tools, each folder once. Where an environment variable moves a store, the default place stays in the list: often the
 * variable is set for a service or a terminal only, or was set after models had been downloaded.
 */
export function modelStores(machine: Machine): readonly ModelStore[] {
	const { path: paths, variable, home, cache, data } = placesOf(machine);
	const { platform } = machine;
	const folders: Readonly<
		Record<
			Exclude<StoreKind, "headroom" | "folder">,
			readonly (string | undefined)[]
		>
	> = {
		// docs/faq.md of Ollama; the folders under /usr and /var are homes of its service.
		ollama: [
			variable("OLLAMA_MODELS"),
			home(".ollama", "models"),
			...(platform === "linux"
				? [
						"/usr/share/ollama/.ollama/models",
						"/var/lib/ollama/.ollama/models",
						"/var/lib/ollama/models",
						"/var/lib/ollama",
					]
				: []),
		],
		lmStudio: [
			home(".lmstudio", "models"),
			home(".cache", "lm-studio", "models"),
		],
		// huggingface_hub: HF_HUB_CACHE, before that HUGGINGFACE_HUB_CACHE, else `hub` in HF_HOME.
		huggingFace: [
			variable("HF_HUB_CACHE"),
			variable("HUGGINGFACE_HUB_CACHE"),
			variable("HF_HOME", "hub"),
			variable("XDG_CACHE_HOME", "huggingface", "hub"),
			home(".cache", "huggingface", "hub"),
		],
		// `fs_get_cache_directory` in its common.cpp. Since March 2026 it downloads to the Hugging Face cache, or in its layout to LLAMA_CACHE.
		llamaCpp: [variable("LLAMA_CACHE"), cache("llama.cpp")],
		// Since 0.6.6 in `llamacpp`; before that in `models`, and until 0.5 in the home folder.
		jan: [
			data("roaming", "Jan", "data", "llamacpp", "models"),
			data("roaming", "Jan", "data", "models"),
			home("jan", "models"),
		],
		// The application, then the Python package.
		gpt4all: [data("local", "nomic.ai", "GPT4All"), home(".cache", "gpt4all")],
	};
	const seen = new Set<string>();
	return Object.entries(folders).flatMap(([kind, candidates]) =>
		candidates.flatMap((folder) => {
			if (folder === undefined || !paths.isAbsolute(folder)) return [];
			const normal = paths.resolve(folder);
			if (seen.has(normal)) return [];
			seen.add(normal);
			return [{ kind: kind as StoreKind, folder: normal }];
		}),
	);
}

/** The per-user folders of the three operating systems. */
function placesOf({ platform, environment, homeFolder }: Machine) {
	const paths = platform === "win32" ? path.win32 : path.posix;
	const home = (...parts: string[]) => paths.join(homeFolder, ...parts);
	const variable = (name: string, ...parts: string[]) => {
		const folder = environment[name]?.trim();
		return folder ? paths.join(folder, ...parts) : undefined;
	};
	const inHome = (name: string, fallback: readonly string[]) =>
		variable(name) ?? home(...fallback);
	return {
		path: paths,
		home,
		variable,
		cache(...parts: string[]) {
			const folder =
				platform === "win32"
					? inHome("LOCALAPPDATA", ["AppData", "Local"])
					: platform === "darwin"
						? home("Library", "Caches")
						: inHome("XDG_CACHE_HOME", [".cache"]);
			return paths.join(folder, ...parts);
		},
		data(kind: "local" | "roaming", ...parts: string[]) {
			const folder =
				platform === "win32"
					? kind === "local"
						? inHome("LOCALAPPDATA", ["AppData", "Local"])
						: inHome("APPDATA", ["AppData", "Roaming"])
					: platform === "darwin"
						? home("Library", "Application Support")
						: inHome("XDG_DATA_HOME", [".local", "share"]);
			return paths.join(folder, ...parts);
		},
	};
}
