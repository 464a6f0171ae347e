/** Load options for tests, which then name only what matters to them. */

import type { loadOptionsFor } from "../../src/client/builtInModel.ts";
import type { LoadOptions } from "../../src/protocol/engineProtocol.ts";

/** As the engine gets them. */
export const plainLoadOptions: LoadOptions = {
	file: "/models/a.gguf",
	gpu: "off",
	partialOffload: false,
	record: null,
	threads: null,
	contextWindow: null,
	latencyTargetMs: 300,
	speculation: "off",
	drafts: [],
};

/** As the settings give them. */
export const plainLoadSettings: Parameters<typeof loadOptionsFor>[0] = {
	file: "",
	gpu: "auto",
	partialOffload: false,
	threads: 0,
	latencyTargetMs: 300,
	speculation: "off",
	drafts: [],
};
