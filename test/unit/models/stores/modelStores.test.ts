import assert from "node:assert/strict";
import {
	type Machine,
	modelStores,
	type StoreKind,
} from "../../../../src/models/stores/modelStores.ts";

const linux: Machine = {
	platform: "linux",
	environment: {},
	homeFolder: "/home/ada",
};
const mac: Machine = {
	platform: "darwin",
	environment: {},
	homeFolder: "/Users/ada",
};
const windows: Machine = {
	platform: "win32",
	environment: {
		APPDATA: "C:\\Users\\ada\\AppData\\Roaming",
		LOCALAPPDATA: "D:\\Local",
	},
	homeFolder: "C:\\Users\\ada",
};
const withVariables = (environment: Machine["environment"]): Machine => ({
	...linux,
	environment,
});

const cases: readonly (readonly [
	what: string,
	Machine,
	StoreKind,
	folders: readonly string[],
])[] = [
	[
		"on Linux",
		linux,
		"ollama",
		[
			"/home/ada/.ollama/models",
			"/usr/share/ollama/.ollama/models",
			"/var/lib/ollama/.ollama/models",
			"/var/lib/ollama/models",
			"/var/lib/ollama",
		],
	],
	["on macOS", mac, "ollama", ["/Users/ada/.ollama/models"]],
	["on Windows", windows, "ollama", ["C:\\Users\\ada\\.ollama\\models"]],
	[
		"moved, the usual place kept",
		{ ...mac, environment: { OLLAMA_MODELS: "/Volumes/big/ollama/" } },
		"ollama",
		["/Volumes/big/ollama", "/Users/ada/.ollama/models"],
	],
	[
		"on Linux",
		linux,
		"lmStudio",
		["/home/ada/.lmstudio/models", "/home/ada/.cache/lm-studio/models"],
	],
	["on Linux", linux, "huggingFace", ["/home/ada/.cache/huggingface/hub"]],
	[
		"moved by every variable",
		withVariables({
			HF_HUB_CACHE: "/a",
			HF_HOME: "/b",
			XDG_CACHE_HOME: "/c",
		}),
		"huggingFace",
		["/a", "/b/hub", "/c/huggingface/hub", "/home/ada/.cache/huggingface/hub"],
	],
	["on Linux", linux, "llamaCpp", ["/home/ada/.cache/llama.cpp"]],
	["on macOS", mac, "llamaCpp", ["/Users/ada/Library/Caches/llama.cpp"]],
	["on Windows", windows, "llamaCpp", ["D:\\Local\\llama.cpp"]],
	[
		"moved",
		withVariables({ LLAMA_CACHE: "/big", XDG_CACHE_HOME: "/c" }),
		"llamaCpp",
		["/big", "/c/llama.cpp"],
	],
	[
		"on Linux",
		linux,
		"jan",
		[
			"/home/ada/.local/share/Jan/data/llamacpp/models",
			"/home/ada/.local/share/Jan/data/models",
			"/home/ada/jan/models",
		],
	],
	[
		"on Windows",
		windows,
		"jan",
		[
			"C:\\Users\\ada\\AppData\\Roaming\\Jan\\data\\llamacpp\\models",
			"C:\\Users\\ada\\AppData\\Roaming\\Jan\\data\\models",
			"C:\\Users\\ada\\jan\\models",
		],
	],
	[
		"on macOS",
		mac,
		"gpt4all",
		[
			"/Users/ada/Library/Application Support/nomic.ai/GPT4All",
			"/Users/ada/.cache/gpt4all",
		],
	],
	[
		"on Windows",
		windows,
		"gpt4all",
		["D:\\Local\\nomic.ai\\GPT4All", "C:\\Users\\ada\\.cache\\gpt4all"],
	],
];

describe("modelStores", () => {
	for (const [what, machine, kind, folders] of cases)
		it(`knows ${kind} ${what}`, () => {
			assert.deepEqual(
				modelStores(machine)
					.filter((store) => store.kind === kind)
					.map(({ folder }) => folder),
				folders,
			);
		});

	it("has a folder once, though two variables name it, and none that is empty or relative", () => {
		const stores = modelStores(
			withVariables({
				HF_HUB_CACHE: "/same",
				LLAMA_CACHE: "/same/",
				OLLAMA_MODELS: " ",
				HF_HOME: "here",
			}),
		);
		assert.deepEqual(
			stores.filter(({ folder }) => folder === "/same"),
			[{ kind: "huggingFace", folder: "/same" }],
		);
		assert.ok(stores.every(({ folder }) => folder.startsWith("/")));
	});
});
