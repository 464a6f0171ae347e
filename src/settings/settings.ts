/**
 * All settings as one readonly value. What cannot be used falls back to its default and is told of, so that one bad
 * setting never takes the others with it.
 *
 * The keys, types and defaults stand in package.json too; a test holds them against each other.
 */

import * as z from "zod/mini";
import { automaticModel } from "../protocol/modelSelection.ts";
import { SpeculationMode } from "../protocol/speculation.ts";

const notHttp = "it must be empty, or begin with https:// or http://";

function isEmptyOrHttp(text: string): boolean {
	return (
		text === "" ||
		(URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))
	);
}

const shape = {
	/** Suggestions while typing. */
	"completion.enabled": z.boolean(),
	/** By language id; `*` stands for all that are not named. */
	"completion.languages": z.record(z.string(), z.boolean()),
	/** How long the first line of a suggestion may take on this machine; prompts are sized by it. */
	"completion.latencyTargetMs": z.int().check(z.minimum(50), z.maximum(5000)),
	/** A GGUF file; `automaticModel` and `builtInModel` in protocol/modelSelection.ts say what else it may be. */
	"model.file": z.string(),
	/** Folders to look for models in, besides the extension's own. */
	"models.folders": z.array(z.string()),
	/** Whether to look where other tools keep theirs. */
	"models.searchStores": z.boolean(),
	/** `off` keeps llama.cpp on the CPU. */
	"engine.gpu": z.enum(["auto", "off"]),
	/** Whether layers may stay in RAM where the GPU has no room for all. */
	"engine.partialOffload": z.boolean(),
	/** 0 leaves one core free. */
	"engine.threads": z.int().check(z.minimum(0), z.maximum(256)),
	/** How tokens are drafted for the model to verify. */
	speculation: SpeculationMode,
	/** An HTTP proxy for downloads; empty for VS Code's own settings. */
	"download.proxy": z.string().check(z.refine(isEmptyOrHttp, notHttp)),
	/** In place of Hugging Face, with the same paths; empty for Hugging Face. */
	"download.mirror": z.string().check(z.refine(isEmptyOrHttp, notHttp)),
} as const;

type Shape = typeof shape;
export type SettingKey = keyof Shape;
export type Settings = {
	readonly [Key in SettingKey]: z.infer<Shape[Key]>;
};

const settingKeys = Object.keys(shape) as readonly SettingKey[];

export const defaultSettings: Settings = {
	"completion.enabled": true,
	"completion.languages": { "*": true },
	"completion.latencyTargetMs": 300,
	"model.file": automaticModel,
	"models.folders": [],
	"models.searchStores": true,
	"engine.gpu": "auto",
	"engine.partialOffload": false,
	"engine.threads": 0,
	speculation: "auto",
	"download.proxy": "",
	"download.mirror": "",
};

export interface InvalidSetting {
	readonly key: SettingKey;
	readonly why: string;
}

/** @param read the raw value of a key, undefined where it is not set. */
export function readSettings(read: (key: SettingKey) => unknown): {
	readonly settings: Settings;
	readonly invalid: readonly InvalidSetting[];
} {
	const settings: Record<string, unknown> = { ...defaultSettings };
	const invalid: InvalidSetting[] = [];
	for (const key of settingKeys) {
		const raw = read(key);
		if (raw === undefined) continue;
		const parsed = shape[key].safeParse(raw);
		if (parsed.success) settings[key] = parsed.data;
		else
			invalid.push({
				key,
				why: parsed.error.issues[0]?.message ?? "invalid value",
			});
	}
	return { settings: settings as Settings, invalid };
}
