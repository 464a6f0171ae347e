/** A process that starts an engine, says its pid, and then only lives: for tests that kill it. */

import { logTo } from "../../../src/base/log.ts";
import { loadOptionsFor } from "../../../src/client/builtInModel.ts";
import { forkEngine } from "../../../src/client/engineProcess.ts";
import { Supervisor } from "../../../src/client/supervisor.ts";
import { plainLoadSettings } from "../loadOptions.ts";
import { engineFile, root } from "./realEngine.ts";

const log = logTo((_, message) => {
	const pid = /runs as process (\d+)/.exec(message)?.[1];
	if (pid) process.stdout.write(`${pid}\n`);
});
const supervisor = new Supervisor({
	fork: () => forkEngine({ file: engineFile, log }),
	loadOptions: () =>
		loadOptionsFor(
			{
				...plainLoadSettings,
				gpu: "off",
			},
			root,
		),
	log,
});
supervisor.onDidChangeStatus(({ kind }) => process.stdout.write(`${kind}\n`));
void supervisor.connect();
setInterval(() => {}, 60_000);
