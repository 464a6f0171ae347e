/** The composition root: constructs the parts, wires them, registers them, and does nothing else. */

import * as vscode from "vscode";
import { RecentLog } from "./base/log.ts";
import { builtInModelFile } from "./client/builtInModel.ts";
import { engineInspectPort, forkEngine } from "./client/engineProcess.ts";
import { ModelHost } from "./client/modelHost.ts";
import type { CountedDecision } from "./completion/session/decisions.ts";
import type { EngineStatus } from "./protocol/engineStatus.ts";
import { RecordStore } from "./storage/recordStore.ts";
import { EditorContext } from "./vscode/chat/editorContext.ts";
import { AnswerActions } from "./vscode/chat/edits/answerActions.ts";
import { registerProposalCommands } from "./vscode/chat/edits/proposals.ts";
import { registerChat } from "./vscode/chat/registerChat.ts";
import { registerCommands } from "./vscode/commands.ts";
import { AutoSuggest } from "./vscode/completion/autoSuggest.ts";
import type { GivenSuggestion } from "./vscode/completion/inlineCompletionProvider.ts";
import { registerCompletion } from "./vscode/completion/registerCompletion.ts";
import { ChosenModel } from "./vscode/models/chosenModel.ts";
import { registerModels } from "./vscode/models/registerModels.ts";
import { switchModel } from "./vscode/models/switchModel.ts";
import { Configuration } from "./vscode/platform/configuration.ts";
import { logToChannel } from "./vscode/platform/outputLog.ts";
import { registerStatus } from "./vscode/status/registerStatus.ts";
import { IgnoreRules } from "./vscode/workspace/ignoreRules.ts";
import { LastEditor } from "./vscode/workspace/lastEditor.ts";
import { WorkspaceFiles } from "./vscode/workspace/workspaceFiles.ts";
import { looksSecret } from "./workspace/contextFiles.ts";

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

/** For `deactivate`, which VS Code calls without arguments. */
let activeHost: ModelHost | undefined;

export function activate(context: vscode.ExtensionContext): HeadroomApi {
	const channel = vscode.window.createOutputChannel("Headroom", { log: true });
	const recent = new RecentLog(logToChannel(channel));
	const { log } = recent;
	const openLog = () => channel.show(true);
	const stored = (name: string) =>
		vscode.Uri.joinPath(context.globalStorageUri, name).fsPath;
	const benchmarkFile = stored("benchmark.json");
	const catalogueFile = context.asAbsolutePath("media/catalogue.json");
	const configuration = new Configuration(log);
	const chosen = new ChosenModel({
		context,
		configuration,
		devices: () => host.devices.get(),
		builtInFile: builtInModelFile(context.extensionPath),
		benchmarkFile,
		log,
	});
	const host = new ModelHost({
		fork: (options) =>
			forkEngine({
				file: context.asAbsolutePath("dist/engine.mjs"),
				log,
				...options,
			}),
		env: process.env,
		inspectPort: engineInspectPort(process.env, log),
		source: chosen,
		settings: () => configuration.settings,
		records: new RecordStore({ folder: context.globalStorageUri.fsPath, log }),
		extensionFolder: context.extensionPath,
		log,
	});
	activeHost = host;
	const { engine, client, devices } = host;
	const useModel = (file?: unknown) =>
		switchModel({ host, chosen, configuration }, file);
	const autoSuggest = new AutoSuggest(configuration, looksSecret);
	const ignoreRules = new IgnoreRules();
	const files = new WorkspaceFiles((path) => ignoreRules.isIgnored(path));
	const lastEditor = new LastEditor();
	const answerActions = new AnswerActions({ lastEditor, files });
	const completion = registerCompletion({
		engine,
		client,
		configuration,
		onDidSelectModel: chosen.onDidSelect,
		autoSuggest,
		ignoreRules,
		files,
		log,
	});
	const status = registerStatus({ host, configuration, autoSuggest, openLog });
	context.subscriptions.push(
		channel,
		configuration,
		configuration.onDidChange((effect) => host.apply(effect)),
		autoSuggest,
		chosen,
		host,
		ignoreRules,
		lastEditor,
		completion,
		status,
		answerActions,
		registerProposalCommands(answerActions.proposals),
		registerChat({
			context,
			supervisor: engine,
			client,
			createContext: () => new EditorContext({ lastEditor, files }),
			actions: answerActions,
			offers: {
				models: async () => (await chosen.list()).models,
				devices: () => devices.get(),
				builtInFile: chosen.builtInFile,
				catalogueFile,
				allowsPartial: () => configuration.settings["engine.partialOffload"],
				switchModel: useModel,
			},
			log,
		}),
		registerCommands({
			configuration,
			autoSuggest,
			decisions: completion.decisions,
			engine,
			switchModel: useModel,
			restartEngine: () => host.restart(),
			freeMemory: () => engine.stop(),
			showFitReport: status.showFitReport,
			openLog,
		}),
		registerModels({
			host,
			chosen,
			configuration,
			folder: stored("models"),
			catalogueFile,
			benchmarkFile,
			useModel,
			log,
		}),
	);
	return {
		recentLog: () => recent.lines(),
		engineStatus: () => engine.status,
		requestCount: () => client.requestCount,
		lastSuggestion: completion.lastSuggestion,
		decisions: () => completion.decisions.newestFirst(),
	};
}

/** VS Code waits for this, up to five seconds; what is in `subscriptions` is disposed of afterwards. */
export async function deactivate(): Promise<void> {
	await activeHost?.engine.stop();
}
