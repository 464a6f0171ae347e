/** Model files in ordinary folders: LM Studio (`publisher/model/file`), Jan, GPT4All, llama.cpp, and what users make. */

import path from "node:path";
import type { Layout } from "./layout.ts";
import { fileSets, mayBeModel, titleOf } from "./modelFileNames.ts";
import { walkFolder } from "./walkFolder.ts";

/** LM Studio needs two, older versions of Jan three. */
const depth = 4;
/** A folder of models has some hundred; a home folder named by mistake ends here. */
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
		candidates: fileSets(walk.files).map((set) => {
			const [first = ""] = set.files;
			const title = titleOf(first);
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

/** Jan calls every file `model.gguf`, in a folder that says which. */
function telling(title: string, below: string): string {
	return title === "model" && below !== "" ? path.basename(below) : title;
}
