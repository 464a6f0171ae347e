/**
 * Completes code at a position from the terminal, with the editor's own code:
 *
 *   npm run --silent complete -- FILE:LINE:COLUMN ... [--model GGUF] [--gpu off] [--json] [--verbose]
 *
 * Lines and columns count from 1; the completion goes before the column. One engine completes all positions in order, so the later ones
 * show what the KV cache saves. The exit code is 0 if every position was answered, even with no suggestion.
 */

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { logTo, nullLog } from "../src/base/log.ts";
import { loadOptionsFor } from "../src/client/builtInModel.ts";
import { EngineClient } from "../src/client/engineClient.ts";
import { forkEngine } from "../src/client/engineProcess.ts";
import { Supervisor } from "../src/client/supervisor.ts";
import { reasonText } from "../src/completion/reasons/reasonSentences.ts";
import type { NoSuggestionReason } from "../src/completion/reasons/reasons.ts";
import {
	type CompletionResult,
	getCompletion,
} from "../src/completion/request/getCompletion.ts";
import { noContext } from "../src/completion/request/promptContext.ts";
import type { DocumentSnapshot } from "../src/completion/text/documentContext.ts";
import { errorText } from "../src/protocol/errors.ts";
import { defaultSettings } from "../src/settings/settings.ts";
import { SyntaxParser } from "../src/syntax/parser.ts";
import { languageIdOf } from "./languageIds.ts";
import { fromUser, root, runScript, UserError, userFolder } from "./shell.ts";

const usage =
	"usage: npm run --silent complete -- FILE:LINE:COLUMN ... [--model GGUF] [--gpu off] [--json] [--verbose]";

async function main(): Promise<number> {
	const { positions, model, gpu, json, verbose } = readArguments();
	const snapshots = positions.map(snapshotAt);
	const log = verbose
		? logTo((level, message) => console.error(`[${level}] ${message}`))
		: nullLog;
	const supervisor = new Supervisor({
		fork: () => forkEngine({ file: path.join(root, "dist/engine.mjs"), log }),
		loadOptions: () =>
			loadOptionsFor(
				{
					file: model,
					gpu,
					partialOffload: false,
					threads: 0,
					latencyTargetMs: defaultSettings["completion.latencyTargetMs"],
					speculation: defaultSettings.speculation,
					drafts: [],
				},
				root,
			),
		log,
	});
	const client = new EngineClient(supervisor);
	const syntax = new SyntaxParser({
		folder: path.join(root, "dist/syntax"),
		log,
	});
	let exitCode = 0;
	for (const snapshot of snapshots) {
		await syntax.load(snapshot.languageId);
		const result = await getCompletion(snapshot, client, {
			signal: new AbortController().signal,
			contextProvider: noContext,
			syntax,
		});
		if (json) console.log(JSON.stringify(asJson(result)));
		else if (result.kind === "suggestion") console.log(result.text);
		else console.error(`No suggestion: ${reasonText(result.reason)}`);
		if (result.kind === "none" && result.reason.kind === "failed") exitCode = 1;
	}
	await supervisor.stop();
	return exitCode;
}

function readArguments() {
	try {
		const { values, positionals } = parseArgs({
			allowPositionals: true,
			options: {
				model: { type: "string" },
				gpu: { type: "string" },
				json: { type: "boolean", default: false },
				verbose: { type: "boolean", default: false },
			},
		});
		if (positionals.length === 0) throw new Error("no position was given");
		const { gpu = "auto", model = "" } = values;
		if (gpu !== "auto" && gpu !== "off")
			throw new Error(`--gpu is "auto" or "off", not "${gpu}"`);
		return {
			...values,
			gpu: gpu as "auto" | "off",
			model: model && fromUser(model),
			positions: positionals,
		};
	} catch (thrown) {
		throw new UserError(`${(thrown as Error).message}\n${usage}`);
	}
}

function snapshotAt(position: string): DocumentSnapshot {
	const match = /^(.+):(\d+):(\d+)$/.exec(position);
	if (!match)
		throw new UserError(`"${position}" is not FILE:LINE:COLUMN.\n${usage}`);
	const [, name = "", lineText = "", columnText = ""] = match;
	const file = fromUser(name);
	if (!existsSync(file)) throw new UserError(`${name} does not exist.`);
	const text = readFileSync(file, "utf8");
	const lines = text.split("\n");
	const line = lines[Number(lineText) - 1];
	if (line === undefined)
		throw new UserError(`${name} has ${lines.length} lines, not ${lineText}.`);
	const column = Number(columnText);
	const width = line.replace(/\r$/, "").length;
	if (column < 1 || column > width + 1)
		throw new UserError(
			`Line ${lineText} of ${name} has columns 1 to ${width + 1}, not ${columnText}.`,
		);
	const before = lines.slice(0, Number(lineText) - 1);
	return {
		uri: file,
		path: path
			.relative(userFolder, file)
			.replaceAll("\\", "/")
			.replace(/^(\.\.\/)+/, ""),
		languageId: languageIdOf(file, lines[0]),
		indentation: { insertSpaces: false, tabSize: 4 },
		version: 1,
		text,
		offset: before.reduce((sum, it) => sum + it.length + 1, 0) + (column - 1),
	};
}

function asJson(result: CompletionResult) {
	const { stats } = result;
	return {
		text: result.kind === "suggestion" ? result.text : "",
		promptTokens: stats?.promptTokens ?? 0,
		reusedTokens: stats?.reusedTokens ?? 0,
		timeToFirstTokenMs: rounded(stats?.timeToFirstTokenMs ?? null),
		totalMs: rounded(stats?.totalMs ?? null),
		tokensPerStep: stats?.decodeSteps
			? rounded(stats.decodeTokens / stats.decodeSteps)
			: null,
		// Why the text ends, or why there is none.
		reason:
			result.kind === "suggestion" ? result.end : reasonName(result.reason),
		...(result.kind === "none" && result.reason.kind === "failed"
			? { error: errorText(result.reason.error) }
			: {}),
	};
}

/** The name of the filter, if one rejected the whole text. */
function reasonName(reason: NoSuggestionReason): string {
	return reason.kind === "filtered" ? reason.filter : reason.kind;
}

function rounded(value: number | null): number | null {
	return value === null ? null : Math.round(value * 10) / 10;
}

await runScript(main);
