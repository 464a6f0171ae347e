/** What a switch of the model depends on. */

import type { ModelHost } from "../../../client/modelHost.ts";
import type { Configuration } from "../../platform/configuration.ts";
import type { ChosenModel } from "../chosenModel.ts";

export interface SwitchModelContext {
	readonly host: Pick<
		ModelHost,
		"modelSwitch" | "devices" | "supervisor" | "loadChat"
	>;
	readonly chosen: ChosenModel;
	readonly configuration: Configuration;
}
