/** `npm run bench -- reload`: what the first line of a suggestion waits for after a restart, with and without saved prompts. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { streamCompletion } from "../../src/completion/request/getCompletion.ts";
import { noContext } from "../../src/completion/request/promptContext.ts";
import type { DocumentSnapshot } from "../../src/completion/text/documentContext.ts";
import { RealEngine, root } from "../support/models/realEngine.ts";

export interface ReloadRow {
	readonly savedPrompts: boolean;
	readonly loadMs: number;
	/** Beyond the load. */
	readonly firstLineMsP50: number;
	readonly firstLineMsMax: number;
	readonly promptTokens: number;
	readonly reusedTokens: number;
}

interface FirstLine {
	readonly loadMs: number;
	readonly firstLineMs: number;
	readonly promptTokens: number;
	readonly reusedTokens: number;
}

const fileLines = 400;
/** Lines of the file in which the cursor stands, behind their first half. */
const cursorLines = [120, 205, 310] as const;
/** The default of the setting. */
const latencyTargetMs = 300;

/** In processes of their own: each suggestion is the first one of its process. */
export async function benchReload(
	model: string,
): Promise<readonly ReloadRow[]> {
	const rows: ReloadRow[] = [];
	for (const savedPrompts of [false, true]) {
		const firsts: FirstLine[] = [];
		for (const line of cursorLines) {
			const folder = mkdtempSync(path.join(os.tmpdir(), "headroom-reload-"));
			try {
				const saved = savedPrompts ? folder : undefined;
				await firstLine(model, snapshotAt(line), saved);
				firsts.push(await firstLine(model, snapshotAt(line), saved));
			} finally {
				rmSync(folder, { recursive: true });
			}
		}
		const waits = firsts.map(({ firstLineMs }) => firstLineMs);
		rows.push({
			savedPrompts,
			loadMs: median(firsts.map(({ loadMs }) => loadMs)),
			firstLineMsP50: median(waits),
			firstLineMsMax: Math.max(...waits),
			promptTokens: median(firsts.map((it) => it.promptTokens)),
			reusedTokens: median(firsts.map((it) => it.reusedTokens)),
		});
	}
	return rows;
}

/** Starts an engine, asks for one suggestion and stops it again. */
async function firstLine(
	model: string,
	snapshot: DocumentSnapshot,
	folder: string | undefined,
): Promise<FirstLine> {
	const engine = new RealEngine();
	engine.modelFile = model;
	engine.latencyTargetMs = latencyTargetMs;
	if (folder !== undefined)
		engine.savedPrompts = { folder, workspace: "bench" };
	try {
		const startMs = performance.now();
		const loaded = await engine.supervisor.load();
		if (loaded.kind !== "loaded")
			throw new Error(`the model was not loaded: ${JSON.stringify(loaded)}`);
		const loadedMs = performance.now();
		let firstLineMs: number | undefined;
		for await (const event of streamCompletion(snapshot, engine.client, {
			contextProvider: noContext,
			signal: new AbortController().signal,
		})) {
			if (event.kind !== "text") firstLineMs ??= performance.now() - loadedMs;
			if (event.kind !== "end") continue;
			const { stats } = event.result;
			if (!stats) throw new Error("the engine has answered nothing");
			return {
				loadMs: Math.round(loadedMs - startMs),
				firstLineMs: Math.round(firstLineMs ?? 0),
				promptTokens: stats.promptTokens,
				reusedTokens: stats.reusedTokens,
			};
		}
		throw new Error("a completion ended without a result");
	} finally {
		await engine.stop();
	}
}

/** The beginning of a source file of this project. */
function snapshotAt(line: number): DocumentSnapshot {
	const file = "src/client/supervisor.ts";
	const lines = readFileSync(path.join(root, file), "utf8")
		.split("\n")
		.slice(0, fileLines);
	const current = lines[line] ?? "";
	const before = lines.slice(0, line).join("\n");
	return {
		uri: `file:///${file}`,
		path: file,
		languageId: "typescript",
		indentation: { insertSpaces: false, tabSize: 4 },
		version: 1,
		text: lines.join("\n"),
		offset: before.length + 1 + Math.ceil(current.length / 2),
	};
}

function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
