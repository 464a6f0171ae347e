/** What a change of the settings requires of the engine. */

import type { SettingKey, Settings } from "./settings.ts";

/** From the weakest to the strongest. `selectModel` loads a model only where another one is selected. */
const effects = [
	"nothing",
	"selectModel",
	"reloadModel",
	"restartEngine",
] as const;
export type SettingsEffect = (typeof effects)[number];

const effectOf = {
	"completion.enabled": "nothing",
	"completion.languages": "nothing",
	"completion.confidence": "nothing",
	"completion.onBattery": "nothing",
	"download.proxy": "nothing",
	"download.mirror": "nothing",
	// The load sets the budget of prompts.
	"completion.latencyTargetMs": "reloadModel",
	"completion.keepPromptsOnDisk": "reloadModel",
	"model.file": "selectModel",
	// The engine keeps the model for completion, which the load does not change.
	"chat.modelFile": "reloadModel",
	// They take effect with the next automatic choice: a model that appears replaces none.
	"models.folders": "nothing",
	"models.searchStores": "nothing",
	"engine.partialOffload": "reloadModel",
	// The draft model is loaded with its target and priced in the same plan.
	speculation: "reloadModel",
	// llama.cpp reads both when it starts.
	"engine.gpu": "restartEngine",
	"engine.threads": "restartEngine",
} as const satisfies Record<SettingKey, SettingsEffect>;

/** The strongest effect of all changed settings. */
export function settingsEffect(
	before: Settings,
	after: Settings,
): SettingsEffect {
	const needed = (Object.keys(effectOf) as SettingKey[])
		.filter((key) => before[key] !== after[key])
		.map((key) => effects.indexOf(effectOf[key]));
	return effects[Math.max(0, ...needed)] ?? "nothing";
}
