/**
 * Measures, and prints a table; with `--json`, one line of JSON last.
 *
 *   npm run --silent bench -- completion [--model GGUF] [--traces DIR] [--per-language N] [--typist NAME]... [--with NAME]... [--reading-ms N] [--orders] [--json]
 *   npm run --silent bench -- infill [--model GGUF] [--tasks N] [--json]
 *   npm run --silent bench -- context [--model GGUF | --no-model] [--places N] [--with WAY]... [--json]
 *   npm run --silent bench -- reload [--model GGUF] [--json]
 *   npm run --silent bench -- concurrency [--model GGUF] [--chat-model GGUF] [--per-language N] [--json]
 *   npm run --silent bench -- keys [--json]
 *   npm run --silent bench -- names [--model GGUF | --no-model] [--places N] [--json]
 *   npm run --silent bench -- pictures [--model GGUF] [--out FOLDER]
 *   npm run --silent bench -- questions [--model GGUF] [--json]
 *   npm run --silent bench -- soak [--minutes N] [--seed S] [--json]
 *   npm run --silent bench -- speculation [--target GGUF] [--draft GGUF] [--json]
 *   npm run --silent bench -- fit [--quantization Q4_K_M] [--only NAME] [--quick] [--json]
 */

import path from "node:path";
import { parseArgs } from "node:util";
import {
	benchCompletion,
	type CompletionRow,
} from "../test/bench/completion.ts";
import { benchConcurrency } from "../test/bench/concurrency.ts";
import { benchContext } from "../test/bench/context/context.ts";
import { benchFit } from "../test/bench/fit.ts";
import { benchInfill } from "../test/bench/infill/infill.ts";
import { benchKeys } from "../test/bench/keys.ts";
import { benchNames } from "../test/bench/names/names.ts";
import { takePictures } from "../test/bench/pictures.ts";
import { benchQuestions } from "../test/bench/questions/questions.ts";
import { benchReload } from "../test/bench/reload.ts";
import { benchSoak } from "../test/bench/soak/soak.ts";
import { benchSpeculation, brokenPromises } from "../test/bench/speculation.ts";
import { typistNames } from "../test/bench/typists.ts";
import { quantizations } from "../test/support/models/shapeModels.ts";
import { runScript, UserError } from "./shell.ts";

const usage = `usage: npm run --silent bench -- completion [--model GGUF] [--traces DIR] [--per-language N] [--typist ${typistNames.join("|")}]... [--with NAME]... [--reading-ms N] [--orders] [--json]
       npm run --silent bench -- infill [--model GGUF] [--tasks N] [--json]
       npm run --silent bench -- context [--model GGUF | --no-model] [--places N] [--with WAY]... [--json]
       npm run --silent bench -- reload [--model GGUF] [--json]
       npm run --silent bench -- concurrency [--model GGUF] [--chat-model GGUF] [--per-language N] [--json]
       npm run --silent bench -- keys [--json]
       npm run --silent bench -- names [--model GGUF | --no-model] [--places N] [--json]
       npm run --silent bench -- pictures [--model GGUF] [--out FOLDER]
       npm run --silent bench -- questions [--model GGUF] [--json]
       npm run --silent bench -- soak [--minutes N] [--seed S] [--json]
       npm run --silent bench -- speculation [--target GGUF] [--draft GGUF] [--json]
       npm run --silent bench -- fit [--quantization ${quantizations.join("|")}] [--only NAME] [--quick] [--json]`;

type Arguments = ReturnType<typeof readArguments>;

const benches: Readonly<Record<string, (given: Arguments) => Promise<void>>> = {
	completion: runCompletion,
	concurrency: runConcurrency,
	context: runContext,
	fit: runFit,
	infill: runInfill,
	keys: runKeys,
	names: runNames,
	pictures: runPictures,
	questions: runQuestions,
	reload: runReload,
	soak: runSoak,
	speculation: runSpeculation,
};

async function main(): Promise<number> {
	const given = readArguments();
	const run = benches[given.name];
	if (!run)
		throw new UserError(`There is no bench named "${given.name}".\n${usage}`);
	await run(given);
	return 0;
}

async function runCompletion({
	model,
	traces,
	perLanguage,
	typist,
	with: only,
	readingMs,
	orders,
	json,
}: Arguments): Promise<void> {
	const typists = typist.map((name) => {
		const known = typistNames.find((it) => it === name);
		if (!known)
			throw new UserError(`There is no typist named "${name}".\n${usage}`);
		return known;
	});
	const rows = await benchCompletion({
		model: model && fromUser(model),
		tracesFolder: traces && fromUser(traces),
		tracesPerLanguage: perLanguage,
		typists,
		only,
		readingMs,
		orders,
	});
	// One way a column: there are more figures than ways.
	const figures = Object.keys(rows[0] ?? {}).filter(
		(key): key is keyof CompletionRow =>
			!["typist", "name", "dropped"].includes(key),
	);
	for (const of of new Set(rows.map((row) => row.typist)))
		console.table(
			Object.fromEntries(
				figures.map((key) => [
					key,
					Object.fromEntries(
						rows
							.filter((row) => row.typist === of)
							.map((row) => [`${row.name}, ${of}`, row[key]]),
					),
				]),
			),
		);
	for (const { name, dropped } of rows)
		if (Object.keys(dropped).length > 0)
			console.log(`${name} dropped:`, dropped);
	if (json) console.log(JSON.stringify({ rows }));
}

async function runConcurrency({
	model,
	chatModel,
	perLanguage,
	json,
}: Arguments): Promise<void> {
	const figures = await benchConcurrency({
		model: model && fromUser(model),
		chatModel: chatModel && fromUser(chatModel),
		tracesPerLanguage: perLanguage,
	});
	console.table(figures);
	if (json) console.log(JSON.stringify(figures));
}

async function runInfill({ model, tasks, json }: Arguments): Promise<void> {
	const figures = await benchInfill({
		model: model && fromUser(model),
		tasks: Number(tasks),
	});
	console.table(figures.rows);
	console.table(figures.similarity);
	console.table(figures.confidence);
	console.table(figures.calibration);
	console.log("no suggestion, by reason:", figures.blankReasons);
	if (json) console.log(JSON.stringify(figures));
}

async function runContext({
	model,
	"no-model": noModel,
	places,
	with: only,
	json,
}: Arguments): Promise<void> {
	const rows = await benchContext({
		model: noModel ? undefined : model && fromUser(model),
		places: Number(places),
		only,
	});
	console.table(rows);
	if (json) console.log(JSON.stringify({ rows }));
}

async function runNames({
	model,
	"no-model": noModel,
	places,
	json,
}: Arguments): Promise<void> {
	const rows = await benchNames({
		model: noModel ? undefined : model && fromUser(model),
		perLanguage: Math.round(Number(places) / 3),
	});
	console.table(rows);
	if (json) console.log(JSON.stringify({ rows }));
}

async function runKeys({ json }: Arguments): Promise<void> {
	const rows = await benchKeys();
	console.table(
		rows.map(({ piece, when, ms }) => ({
			piece,
			when,
			...Object.fromEntries(
				Object.entries(ms).map(([lines, it]) => [
					`${lines} lines, ms`,
					it.toFixed(2),
				]),
			),
		})),
	);
	if (json) console.log(JSON.stringify(rows));
}

async function runPictures({ model, out }: Arguments): Promise<void> {
	console.table(await takePictures(model && fromUser(model), fromUser(out)));
}

async function runReload({ model, json }: Arguments): Promise<void> {
	const rows = await benchReload(model && fromUser(model));
	console.table(rows);
	if (json) console.log(JSON.stringify({ rows }));
}

async function runFit({
	quantization,
	only,
	quick,
	json,
}: Arguments): Promise<void> {
	const known = quantizations.find((it) => it === quantization);
	if (!known)
		throw new UserError(
			`There is no quantization "${quantization}" here.\n${usage}`,
		);
	const { rows, failures } = await benchFit({
		quantization: known,
		only,
		quick,
	});
	console.table(
		rows.map((row) => ({
			model: row.model,
			device: row.device,
			contextWindow: row.contextWindow,
			kvType: row.kvType,
			allocatedBytes: row.allocatedBytes,
			predicted: share(row.predictedBytes, row.allocatedBytes),
			library: share(row.libraryBytes, row.allocatedBytes),
			ruleOfThumb: share(row.ruleOfThumbBytes, row.allocatedBytes),
		})),
	);
	for (const { model, device, why } of failures)
		console.log(`${model} on ${device}: ${why}`);
	if (json) console.log(JSON.stringify({ rows, failures }));
}

async function runSpeculation({
	target,
	draft,
	json,
}: Arguments): Promise<void> {
	const figures = await benchSpeculation({
		target: target && fromUser(target),
		draft: draft && fromUser(draft),
	});
	console.table(figures.rows);
	console.log("perfect drafts, as multiples of none:", figures.bound);
	for (const it of brokenPromises(figures)) console.log(it);
	if (json) console.log(JSON.stringify(figures));
}

async function runQuestions({ model, json }: Arguments): Promise<void> {
	const figures = await benchQuestions(model && fromUser(model));
	console.table([figures]);
	if (json) console.log(JSON.stringify(figures));
}

async function runSoak({ minutes, seed, json }: Arguments): Promise<void> {
	const figures = await benchSoak({
		minutes: Number(minutes),
		seed: Number(seed),
	});
	const { ended, trends, ...rest } = figures;
	console.table(ended);
	console.table(trends);
	console.log(rest);
	if (json) console.log(JSON.stringify(figures));
}

/** How far off, in percent of what was allocated. */
function share(bytes: number, allocatedBytes: number): string {
	const percent = (100 * (bytes - allocatedBytes)) / allocatedBytes;
	return `${percent < 0 ? "" : "+"}${percent.toFixed(2)} %`;
}

function readArguments() {
	try {
		const { values, positionals } = parseArgs({
			allowPositionals: true,
			options: {
				model: { type: "string", default: "" },
				"chat-model": { type: "string", default: "" },
				traces: { type: "string", default: "" },
				"per-language": { type: "string", default: "8" },
				"reading-ms": { type: "string", default: "0" },
				target: { type: "string", default: "" },
				draft: { type: "string", default: "" },
				quantization: { type: "string", default: "Q4_K_M" },
				only: { type: "string", default: "" },
				quick: { type: "boolean", default: false },
				typist: { type: "string", multiple: true, default: ["average"] },
				with: { type: "string", multiple: true, default: [] as string[] },
				tasks: { type: "string", default: "120" },
				minutes: { type: "string", default: "2" },
				seed: { type: "string", default: "1" },
				places: { type: "string", default: "60" },
				out: { type: "string", default: "test/out/pictures" },
				"no-model": { type: "boolean", default: false },
				orders: { type: "boolean", default: false },
				json: { type: "boolean", default: false },
			},
		});
		const [name] = positionals;
		if (name === undefined) throw new Error("no bench was named");
		return {
			...values,
			name,
			chatModel: values["chat-model"],
			perLanguage: Number(values["per-language"]),
			readingMs: Number(values["reading-ms"]),
		};
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
