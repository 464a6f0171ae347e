/** Which model the user wants: the value of a setting, and what a workspace has in its place. */

import * as z from "zod/mini";

/** The setting for the largest installed model that fits and is fast enough. */
export const automaticModel = "";
/** The setting for the model that ships with the extension. */
export const builtInModel = "builtIn";

/** Anything but the two above is the path of a model file. */
export interface ModelSelection {
	/** `headroom.model.file`, for the whole machine. */
	readonly setting: string;
	/** Goes before the setting in one workspace. */
	readonly pin: string | undefined;
}

/** What is to be loaded. */
export function selectedModel({ setting, pin }: ModelSelection): string {
	return pin ?? setting;
}

const Pin = z.string();

/** As it was stored; what is no pin is none. */
export function parsePin(raw: unknown): string | undefined {
	const pin = Pin.safeParse(raw);
	return pin.success ? pin.data : undefined;
}
