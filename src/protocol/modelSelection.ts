/** The model that the user selected: the value of a setting, which a workspace can override. */

import * as z from "zod/mini";

/** Selects the largest installed model that fits and is fast enough. */
export const automaticModel = "";
/** Selects the model that ships with the extension. */
export const builtInModel = "builtIn";

/** For chat: selects the model for completion. */
export const completionModel = "sameAsCompletion";

/** Anything but the first two is the path of a model file. */
export interface ModelSelection {
	/** `headroom.model.file`, for the whole machine. */
	readonly setting: string;
	/** Overrides the setting in one workspace. */
	readonly pin: string | undefined;
}

/** The model in force. */
export function selectedModel({ setting, pin }: ModelSelection): string {
	return pin ?? setting;
}

const Pin = z.string();

/** Reads a stored pin; undefined where it is invalid. */
export function parsePin(raw: unknown): string | undefined {
	const pin = Pin.safeParse(raw);
	return pin.success ? pin.data : undefined;
}
