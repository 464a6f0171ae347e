/**
 * Measures, and prints a table; with `--json`, one line of JSON last.
 *
 *   npm run --silent bench -- completion [--model GGUF] [--traces DIR] [--per-language N] [--orders] [--json]
 */

import path from "node:path";
import { parseArgs } from "node:util";
import { benchCompletion } from "../test/bench/completion.ts";
import { runScript, UserError } from "./shell.ts";

const usage =
	"usage: npm run --silent bench -- completion [--model GGUF] [--traces DIR] [--per-language N] [--orders] [--json]";

async function main(): Promise<number> {
	const { name, model, traces, perLanguage, orders, json } = readArguments();
	if (name !== "completion")
		throw new UserError(`There is no bench named "${name}".\n${usage}`);
	const rows = await benchCompletion({
		model: model && fromUser(model),
		tracesFolder: traces && fromUser(traces),
		tracesPerLanguage: perLanguage,
		orders,
	});
	console.table(
		Object.fromEntries(rows.map(({ name, dropped: _, ...row }) => [name, row])),
	);
	for (const { name, dropped } of rows)
		if (Object.keys(dropped).length > 0)
			console.log(`${name} dropped:`, dropped);
	if (json) console.log(JSON.stringify({ rows }));
	return 0;
}

function readArguments() {
	try {
		const { values, positionals } = parseArgs({
			allowPositionals: true,
			options: {
				model: { type: "string", default: "" },
				traces: { type: "string", default: "" },
				"per-language": { type: "string", default: "8" },
				orders: { type: "boolean", default: false },
				json: { type: "boolean", default: false },
			},
		});
		const [name] = positionals;
		if (name === undefined) throw new Error("no bench was named");
		return { ...values, name, perLanguage: Number(values["per-language"]) };
	} catch (thrown) {
		throw new UserError(`${(thrown as Error).message}\n${usage}`);
	}
}

/** npm runs scripts in the folder of the project; people mean paths from where they stand. */
function fromUser(file: string): string {
	const { INIT_CWD: userFolder = "." } = process.env;
	return path.resolve(userFolder, file);
}

await runScript(main);
