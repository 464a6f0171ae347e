/** The composition root: constructs the parts, wires them, registers them, and does nothing else. */

import * as vscode from "vscode";
import { RecentLog } from "./base/log.ts";
import { withEngine } from "./client/benchmarkEngine.ts";
import { loadOptionsFor } from "./client/builtInModel.ts";
import { describeDevices } from "./client/describeDevices.ts";
import { EngineClient } from "./client/engineClient.ts";
import { forkEngine } from "./client/engineProcess.ts";
import { Supervisor } from "./client/supervisor.ts";
import {
	isContextFile,
	looksSecret,
} from "./completion/context/contextFiles.ts";
import { ContextStore } from "./completion/context/contextStore.ts";
import { RepositoryContext } from "./completion/context/repositoryContext.ts";
import { type CountedDecision, Decisions } from "./completion/decisions.ts";
import { listModels } from "./models/modelLibrary.ts";
import { contextTokens, type EngineStatus } from "./protocol/engineStatus.ts";
import { registerBenchmark } from "./vscode/benchmark.ts";
import { registerCommands } from "./vscode/commands.ts";
import { Configuration } from "./vscode/configuration.ts";
import { ContextWatcher } from "./vscode/contextWatcher.ts";
import { workspaceFolderName } from "./vscode/documentPath.ts";
import { registerEngineMessages } from "./vscode/engineMessages.ts";
import { registerEngineStatusItem } from "./vscode/engineStatusItem.ts";
import { registerGetModel } from "./vscode/getModel.ts";
import { IgnoreRules } from "./vscode/ignoreRules.ts";
import { registerImportModel } from "./vscode/importModel.ts";
import {
	type GivenSuggestion,
	InlineCompletionProvider,
} from "./vscode/inlineCompletionProvider.ts";
import { logToChannel } from "./vscode/outputLog.ts";
import { Quiet } from "./vscode/quiet.ts";
import { registerRemoveModel } from "./vscode/removeModel.ts";

/** What other code may ask of the extension: for bug reports, and for its own tests. */
export interface HeadroomApi {
	/** The last lines of the log, without text of the user's files. */
	recentLog(): readonly string[];
	engineStatus(): EngineStatus;
	/** Requests made of the engine since the extension was activated, without those that were made in advance. */
	requestCount(): number;
	/** What was last given to VS Code to show. */
	lastSuggestion(): GivenSuggestion | undefined;
	/** What was answered to the last questions for a suggestion, newest first. */
	decisions(): readonly CountedDecision[];
}

let supervisor: Supervisor | undefined;

export function activate(context: vscode.ExtensionContext): HeadroomApi {
	const channel = vscode.window.createOutputChannel("Headroom", { log: true });
	const recent = new RecentLog(logToChannel(channel));
	const { log } = recent;
	const configuration = new Configuration(log);
	const fork = (env?: NodeJS.ProcessEnv) =>
		forkEngine({
			file: context.asAbsolutePath("dist/engine.mjs"),
			log,
			...(env && { env }),
		});
	const loadOptions = (file: string) => {
		const { settings } = configuration;
		return loadOptionsFor(
			{
				file,
				gpu: settings["engine.gpu"],
				partialOffload: settings["engine.partialOffload"],
				threads: settings["engine.threads"],
				latencyTargetMs: settings["completion.latencyTargetMs"],
			},
			context.extensionPath,
		);
	};
	const engine = new Supervisor({
		fork: () => fork(),
		loadOptions: () => loadOptions(configuration.settings["model.file"]),
		log,
	});
	supervisor = engine;
	const client = new EngineClient(engine);
	let lastSuggestion: GivenSuggestion | undefined;
	const quiet = new Quiet(configuration, looksSecret);
	const ignoreRules = new IgnoreRules();
	const store = new ContextStore((path) =>
		isContextFile(path, (it) => ignoreRules.isIgnored(it)),
	);
	const completions = new InlineCompletionProvider({
		engine: client,
		surroundings: new RepositoryContext({
			store,
			repositoryOf: workspaceFolderName,
			budgetTokens: () => contextTokens(engine.status),
		}),
		quiet,
		onDidInvalidate: (listener) =>
			configuration.onDidChange((effect) => {
				if (effect !== "nothing") listener();
			}),
		onSuggestion: (suggestion) => {
			lastSuggestion = suggestion;
		},
		onDecision: (decision) => decisions.add(decision),
		log,
	});
	const decisions = new Decisions();
	const openLog = () => channel.show(true);
	const restartEngine = () => engine.restart();
	const stored = (name: string) =>
		vscode.Uri.joinPath(context.globalStorageUri, name).fsPath;
	const modelsFolder = stored("models");

	context.subscriptions.push(
		channel,
		configuration,
		quiet,
		client,
		engine,
		ignoreRules,
		completions,
		new ContextWatcher({
			store,
			// A model is loaded for who types, and not for who only looks.
			isWanted: (document) =>
				engine.status.kind === "ready" &&
				quiet.reasonFor(document) === undefined,
			onDidReadRules: ignoreRules.onDidRead,
			hasRoom: () => contextTokens(engine.status) > 0,
			onIdle: (editor) => completions.prepare(editor),
		}),
		registerEngineStatusItem(engine, quiet),
		registerEngineMessages(engine, {
			restart: () => void restartEngine(),
			openLog,
		}),
		registerCommands({
			configuration,
			quiet,
			decisions,
			engine,
			restartEngine,
			openLog,
		}),
		registerGetModel({
			configuration,
			folder: modelsFolder,
			catalogueFile: context.asAbsolutePath("media/catalogue.json"),
			devices: () =>
				describeDevices({
					fork,
					env: process.env,
					gpu: configuration.settings["engine.gpu"],
				}),
		}),
		registerImportModel({ configuration, folder: modelsFolder }),
		registerRemoveModel({ configuration, folder: modelsFolder }),
		registerBenchmark({
			models: async () => {
				const { models } = await listModels({
					stores: [
						{
							kind: "folder",
							folder: context.asAbsolutePath("media/models"),
						},
						{ kind: "headroom", folder: modelsFolder },
					],
					cacheFile: stored("installed.json"),
				});
				return models.filter(
					({ content }) => content.ok && content.value.traits.hasFimTokens,
				);
			},
			withModel: (file, work) =>
				withEngine(
					{ fork: () => fork(), loadOptions: loadOptions(file), log },
					work,
				),
			freeMemory: () => engine.stop(),
			resultsFile: stored("benchmark.json"),
			log,
		}),
		configuration.onDidChange((effect) => engine.apply(effect)),
	);
	return {
		recentLog: () => recent.lines(),
		engineStatus: () => engine.status,
		requestCount: () => client.requestCount,
		lastSuggestion: () => lastSuggestion,
		decisions: () => decisions.newestFirst(),
	};
}

/** VS Code waits for this, up to five seconds; what is in `subscriptions` is disposed of afterwards. */
export async function deactivate(): Promise<void> {
	await supervisor?.stop();
}
