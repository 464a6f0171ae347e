/**
 * All settings as one readonly value. An invalid setting falls back to its default and is reported, without affecting the others.
 *
 * package.json declares the same keys, types and defaults; a test compares them.
 */

import * as z from "zod/mini";
import { ConfidenceMode } from "../protocol/completion/confidence.ts";
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
	/** Whether to suggest while the user types. */
	"completion.enabled": z.boolean(),
	/** By language id; `*` is the default for all others. */
	"completion.languages": z.record(z.string(), z.boolean()),
	/** How sure a suggestion must be to be shown unasked. */
	"completion.confidence": ConfidenceMode,
	/** On battery: `full` computes at every key, `pauses` when typing pauses. */
	"completion.onBattery": z.enum(["full", "pauses"]),
	/** Target for the first line of a suggestion; prompts are sized to meet it. */
	"completion.latencyTargetMs": z.int().check(z.minimum(50), z.maximum(5000)),
	/** Whether the evaluated state of the last prompts is kept on disk. */
	"completion.keepPromptsOnDisk": z.boolean(),
	/** A GGUF file, or `automaticModel` or `builtInModel` of protocol/modelSelection.ts. */
	"model.file": z.string(),
	/** A GGUF file, or `automaticModel` or `completionModel` of protocol/modelSelection.ts. */
	"chat.modelFile": z.string(),
	/** Folders to search for models, besides the extension's own. */
	"models.folders": z.array(z.string()),
	/** Whether to search the folders of other tools. */
	"models.searchStores": z.boolean(),
	/** `off` keeps llama.cpp on the CPU. */
	"engine.gpu": z.enum(["auto", "off"]),
	/** Whether to split layers over GPU and RAM where the GPU has no room for all. */
	"engine.partialOffload": z.boolean(),
	/** 0 leaves one core free. */
	"engine.threads": z.int().check(z.minimum(0), z.maximum(256)),
	/** How tokens are drafted for the model to verify. */
	speculation: SpeculationMode,
	/** An HTTP proxy for downloads; empty to use the settings of VS Code. */
	"download.proxy": z.string().check(z.refine(isEmptyOrHttp, notHttp)),
	/** Replaces Hugging Face, with the same paths; empty for Hugging Face itself. */
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
	"completion.confidence": "automatic",
	"completion.onBattery": "pauses",
	"completion.latencyTargetMs": 300,
	"completion.keepPromptsOnDisk": true,
	"model.file": automaticModel,
	"chat.modelFile": automaticModel,
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
