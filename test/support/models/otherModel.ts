/** A second small model to switch to: the draft model, under a name that does not say that it is for code, so that it is not chosen by itself. */

import path from "node:path";
import { patchModel } from "./patchModel.ts";
import { builtInModel } from "./realEngine.ts";

const draftModel = path.join(
	path.dirname(builtInModel),
	"headroom-draft-1.6m-q8_0.gguf",
);

export function writeOtherModel(file: string): void {
	patchModel(draftModel, file, [
		["Headroom Built-in Draft", "Tinytoys Built-in Draft"],
	]);
}
