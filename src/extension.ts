/** The composition root: constructs the parts, wires them, registers them, and does nothing else. */

import * as vscode from "vscode";
import { RecentLog } from "./base/log.ts";
import { loadOptionsFor } from "./client/builtInModel.ts";
import { DevicePoll } from "./client/devicePoll.ts";
import { EngineClient } from "./client/engineClient.ts";
import { forkEngine } from "./client/engineProcess.ts";
import { RecentGenerations } from "./client/recentGenerations.ts";
import { Supervisor } from "./client/supervisor.ts";
import {
	isContextFile,
	looksSecret,
} from "./completion/context/contextFiles.ts";
import { ContextStore } from "./completion/context/contextStore.ts";
import { RepositoryContext } from "./completion/context/repositoryContext.ts";
import { type CountedDecision, Decisions } from "./completion/decisions.ts";
import { contextTokens, type EngineStatus } from "./protocol/engineStatus.ts";
import { registerCommands } from "./vscode/commands.ts";
import { Configuration } from "./vscode/configuration.ts";
import { ContextWatcher } from "./vscode/contextWatcher.ts";
import { workspaceFolderName } from "./vscode/documentPath.ts";
import { registerEngineMessages } from "./vscode/engineMessages.ts";
import { registerEngineStatusItem } from "./vscode/engineStatusItem.ts";
import { FitReport } from "./vscode/fitReport.ts";
import { IgnoreRules } from "./vscode/ignoreRules.ts";
import {
	type GivenSuggestion,
	InlineCompletionProvider,
} from "./vscode/inlineCompletionProvider.ts";
import { logToChannel } from "./vscode/outputLog.ts";
import { Quiet } from "./vscode/quiet.ts";

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
	const engine = new Supervisor({
		fork: () =>
			forkEngine({ file: context.asAbsolutePath("dist/engine.mjs"), log }),
		loadOptions: () => {
			const { settings } = configuration;
			return loadOptionsFor(
				{
					file: settings["model.file"],
					gpu: settings["engine.gpu"],
					partialOffload: settings["engine.partialOffload"],
					threads: settings["engine.threads"],
					latencyTargetMs: settings["completion.latencyTargetMs"],
				},
				context.extensionPath,
			);
		},
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
	const gaugeSources = {
		engine,
		quiet,
		devices: new DevicePoll({ engine }),
		recent: new RecentGenerations(
			client.onDidComplete,
			engine.onDidChangeStatus,
		),
	};
	const fitReport = new FitReport(engine, gaugeSources.devices);

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
		gaugeSources.devices,
		gaugeSources.recent,
		fitReport,
		registerEngineStatusItem(gaugeSources),
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
			freeMemory: () => engine.stop(),
			showFitReport: () => fitReport.show(),
			openLog,
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
