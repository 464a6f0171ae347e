/** What a change of the settings requires of the engine. */

import type { SettingKey, Settings } from "./settings.ts";

const effects = ["nothing", "reloadModel", "restartEngine"] as const;
export type SettingsEffect = (typeof effects)[number];

const effectOf = {
	"completion.enabled": "nothing",
	"completion.languages": "nothing",
	"download.proxy": "nothing",
	"download.mirror": "nothing",
	// The budget of prompts is set when a model is loaded.
	"completion.latencyTargetMs": "reloadModel",
	"model.file": "reloadModel",
	// They count when a model is chosen next: none is replaced because another appeared.
	"models.folders": "nothing",
	"models.searchStores": "nothing",
	"engine.partialOffload": "reloadModel",
	// A draft model is loaded with its target, and the plan counts it in.
	speculation: "reloadModel",
	// Both are fixed when llama.cpp starts.
	"engine.gpu": "restartEngine",
	"engine.threads": "restartEngine",
} as const satisfies Record<SettingKey, SettingsEffect>;

/** The strongest effect of all that differs. */
export function settingsEffect(
	before: Settings,
	after: Settings,
): SettingsEffect {
	const needed = (Object.keys(effectOf) as SettingKey[])
		.filter((key) => before[key] !== after[key])
		.map((key) => effects.indexOf(effectOf[key]));
	return effects[Math.max(0, ...needed)] ?? "nothing";
}
