/** "Benchmark This Machine": the same small completions on each installed model, one after the other, and a table of what came. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import type { EngineOutcome } from "../../client/benchmarkEngine.ts";
import {
	type BenchmarkRun,
	runBenchmark,
} from "../../completion/benchmark/runBenchmark.ts";
import type { CompletionEngine } from "../../completion/request/completionEngine.ts";
import {
	addBenchmarkResults,
	type BenchmarkResult,
} from "../../models/choice/benchmarkStore.ts";
import {
	type UserProgress,
	withUserProgress,
} from "../platform/userProgress.ts";
import { benchmarkDocument, type FailedBenchmark } from "./benchmarkText.ts";

interface BenchmarkedModel {
	/** Absolute path. */
	readonly file: string;
	readonly name: string;
}

export interface BenchmarkContext {
	readonly models: () => Promise<readonly BenchmarkedModel[]>;
	/** Has the work done by an engine that has this model loaded. The window's engine is to leave it the memory. */
	readonly withModel: (
		file: string,
		work: (engine: CompletionEngine) => Promise<BenchmarkRun>,
	) => Promise<EngineOutcome<BenchmarkRun>>;
	/** Called before the first model is loaded. */
	readonly freeMemory: () => Promise<void>;
	/** Where the figures are kept. */
	readonly resultsFile: string;
	readonly log: Log;
}

interface Findings {
	readonly results: readonly BenchmarkResult[];
	readonly failures: readonly FailedBenchmark[];
}

const scheme = "headroom-benchmark";
const address = vscode.Uri.from({ scheme, path: "/Headroom Benchmark.md" });

export function registerBenchmark(context: BenchmarkContext): Disposable {
	const store = new DisposableStore();
	const changed = store.add(new vscode.EventEmitter<vscode.Uri>());
	let text = "";
	store.add(
		vscode.workspace.registerTextDocumentContentProvider(scheme, {
			onDidChange: changed.event,
			provideTextDocumentContent: () => text,
		}),
	);
	const show = async ({ results, failures }: Findings): Promise<void> => {
		text = benchmarkDocument(results, failures, vscode.l10n.t);
		changed.fire(address);
		await vscode.commands.executeCommand("markdown.showPreview", address);
	};
	store.add(
		vscode.commands.registerCommand("headroom.benchmark", async () => {
			const findings = await withUserProgress(
				vscode.l10n.t("Benchmark of this machine"),
				(signal, report) => benchmarkAll(context, signal, report),
			);
			const { results, failures } = findings;
			if (results.length + failures.length === 0) return;
			await keep(results, context);
			await show(findings);
		}),
	);
	return store;
}

/** After a cancel, what was found until then. */
async function benchmarkAll(
	{ models, withModel, freeMemory }: BenchmarkContext,
	signal: AbortSignal,
	report: (progress: UserProgress) => void,
): Promise<Findings> {
	const results: BenchmarkResult[] = [];
	const failures: FailedBenchmark[] = [];
	const all = await models();
	if (!signal.aborted) await freeMemory();
	for (const [index, { file, name }] of all.entries()) {
		if (signal.aborted) break;
		const { value: run, memoryBytes } = await withModel(file, (engine) =>
			runBenchmark(engine, {
				signal,
				onCase: (done, total) =>
					report({
						message: name,
						fraction: (index + done / total) / all.length,
					}),
			}),
		);
		if (run.kind === "failed") failures.push({ name, error: run.error });
		if (run.kind === "done")
			results.push({
				file,
				name,
				measuredAt: new Date().toISOString(),
				memoryBytes,
				...run.figures,
			});
	}
	return { results, failures };
}

async function keep(
	results: readonly BenchmarkResult[],
	{ resultsFile, log }: BenchmarkContext,
): Promise<void> {
	if (results.length === 0) return;
	const why = await addBenchmarkResults(resultsFile, results);
	if (why) log.warn(`the figures of the benchmark are not kept: ${why}`);
}
