/** Model files in ordinary folders: LM Studio (`publisher/model/file`), Jan, GPT4All, llama.cpp, and folders of the user. */

import path from "node:path";
import type { Layout } from "./layout.ts";
import { fileSets, mayBeModel, modelTitle } from "./modelFileNames.ts";
import { walkFolder } from "./walkFolder.ts";

/** LM Studio needs two levels, older versions of Jan three. */
const depth = 4;
/** A models folder has some hundred; the limit stops at a home folder configured by mistake. */
const maxEntries = 20_000;

export const plainFolder: Layout = async (folder) => {
	const walk = await walkFolder(folder, {
		depth,
		entries: maxEntries,
		wantsFile: mayBeModel,
		wantsFolder: (name) =>
			!/^(models|datasets|spaces)--/.test(name) &&
			name !== "node_modules" &&
			name !== ".git",
	});
	return {
		models: fileSets(walk.files).map((set) => {
			const [first = ""] = set.files;
			const title = modelTitle(first);
			const below = path.relative(folder, path.dirname(first));
			const label = [...below.split(path.sep), title]
				.filter((part) => part !== "")
				.join("/");
			return { ...set, name: telling(title, below), label };
		}),
		folders: walk.folders,
		skipped: walk.skipped,
	};
};

/** Jan names every file `model.gguf`, in a folder named after the model. */
function telling(title: string, below: string): string {
	return title === "model" && below !== "" ? path.basename(below) : title;
}
