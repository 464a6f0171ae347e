/** The composition root: constructs the parts, wires them, registers them, and does nothing else. */

import * as vscode from "vscode";
import { DisposableStore } from "./base/disposable.ts";
import { RecentLog } from "./base/log.ts";
import { withEngine } from "./client/benchmarkEngine.ts";
import { builtInModelFile, loadOptionsFor } from "./client/builtInModel.ts";
import { describeDevices } from "./client/describeDevices.ts";
import { DevicePoll } from "./client/devicePoll.ts";
import { EngineClient } from "./client/engineClient.ts";
import { forkEngine } from "./client/engineProcess.ts";
import { MachineDevices } from "./client/machineDevices.ts";
import { ModelSwitch } from "./client/modelSwitch.ts";
import { RecentGenerations } from "./client/recentGenerations.ts";
import { Supervisor } from "./client/supervisor.ts";
import { ContextStore } from "./completion/context/contextStore.ts";
import { ReferenceSync } from "./completion/context/referenceSync.ts";
import { RepositoryContext } from "./completion/context/repositoryContext.ts";
import {
	type CountedDecision,
	DecisionHistory,
} from "./completion/session/decisions.ts";
import {
	contextTokens,
	type EngineStatus,
	fileThatFailed,
	heldMemory,
} from "./protocol/engineStatus.ts";
import {
	withBadLoad,
	withLearned,
	withoutBadLoads,
} from "./protocol/machineRecord.ts";
import { usesLookup } from "./protocol/speculation.ts";
import { RecordStore } from "./storage/recordStore.ts";
import { EditorContext } from "./vscode/chat/editorContext.ts";
import { AnswerActions } from "./vscode/chat/edits/answerActions.ts";
import { registerProposalCommands } from "./vscode/chat/edits/proposals.ts";
import { registerChat } from "./vscode/chat/registerChat.ts";
import { registerCommands } from "./vscode/commands.ts";
import { AutoSuggest } from "./vscode/completion/autoSuggest.ts";
import { ContextWatcher } from "./vscode/completion/contextWatcher.ts";
import {
	type GivenSuggestion,
	InlineCompletionProvider,
} from "./vscode/completion/inlineCompletionProvider.ts";
import { registerBenchmark } from "./vscode/models/benchmark.ts";
import { ChosenModel } from "./vscode/models/chosenModel.ts";
import { registerGetModel } from "./vscode/models/getModel.ts";
import { registerImportModel } from "./vscode/models/importModel.ts";
import { registerRemoveModel } from "./vscode/models/removeModel.ts";
import { switchModel } from "./vscode/models/switchModel.ts";
import { Configuration } from "./vscode/platform/configuration.ts";
import { logToChannel } from "./vscode/platform/outputLog.ts";
import { registerEngineMessages } from "./vscode/status/engineMessages.ts";
import { registerEngineStatusItem } from "./vscode/status/engineStatusItem.ts";
import { FitReport } from "./vscode/status/fitReport.ts";
import { workspaceFolderName } from "./vscode/workspace/documentPath.ts";
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

let supervisor: Supervisor | undefined;

export function activate(context: vscode.ExtensionContext): HeadroomApi {
	const channel = vscode.window.createOutputChannel("Headroom", { log: true });
	const recent = new RecentLog(logToChannel(channel));
	const { log } = recent;
	const configuration = new Configuration(log);
	const stored = (name: string) =>
		vscode.Uri.joinPath(context.globalStorageUri, name).fsPath;
	const records = new RecordStore({
		folder: context.globalStorageUri.fsPath,
		log,
	});
	const fork = (env: NodeJS.ProcessEnv) =>
		forkEngine({ file: context.asAbsolutePath("dist/engine.mjs"), log, env });
	const devices = new MachineDevices({
		describe: () =>
			describeDevices({
				fork,
				env: process.env,
				gpu: configuration.settings["engine.gpu"],
				record: records.current,
			}),
		held: () => heldMemory(engine.status),
	});
	const chosen = new ChosenModel({
		context,
		configuration,
		devices: () => devices.get(),
		builtInFile: builtInModelFile(context.extensionPath),
		benchmarkFile: stored("benchmark.json"),
		log,
	});
	const loadOptionsOf = async (file: string) => {
		const [drafts] = await Promise.all([chosen.draftsFor(file), records.ready]);
		const { settings } = configuration;
		return loadOptionsFor(
			{
				file,
				gpu: settings["engine.gpu"],
				partialOffload: settings["engine.partialOffload"],
				threads: settings["engine.threads"],
				latencyTargetMs: settings["completion.latencyTargetMs"],
				speculation: settings.speculation,
				drafts,
				record: records.current,
			},
			context.extensionPath,
		);
	};
	const engine = new Supervisor({
		fork: () => fork(process.env),
		loadOptions: async () => loadOptionsOf(await chosen.fileToLoad()),
		onLoadCrash: ({ file, step, why }) => {
			if (step === undefined) return;
			const bad = { file, step, why, seenAtMs: Date.now() };
			records.update((it) => withBadLoad(it, bad));
		},
		log,
	});
	supervisor = engine;
	const modelSwitch = new ModelSwitch({
		engine,
		current: () => chosen.selection,
		write: (selection) => chosen.select(selection),
		fileOf: (selection) => chosen.fileOf(selection),
	});
	const client = new EngineClient(engine);
	let lastSuggestion: GivenSuggestion | undefined;
	const autoSuggest = new AutoSuggest(configuration, looksSecret);
	const ignoreRules = new IgnoreRules();
	const files = new WorkspaceFiles((path) => ignoreRules.isIgnored(path));
	const store = new ContextStore((path) => files.mayShow(path));
	const references = new ReferenceSync({
		engine: client,
		files: () =>
			usesLookup(configuration.settings.speculation) ? store.texts() : [],
	});
	const completions = new InlineCompletionProvider({
		engine: client,
		contextProvider: new RepositoryContext({
			store,
			repositoryOf: workspaceFolderName,
			budgetTokens: () => contextTokens(engine.status),
		}),
		autoSuggest,
		onDidInvalidate: (listener) => {
			const store = new DisposableStore();
			store.add(
				configuration.onDidChange((effect) => {
					if (effect !== "nothing") listener();
				}),
			);
			store.add(chosen.onDidSelect(listener));
			return store;
		},
		onSuggestion: (suggestion) => {
			lastSuggestion = suggestion;
		},
		onDecision: (decision) => decisions.add(decision),
		log,
	});
	const decisions = new DecisionHistory();
	const openLog = () => channel.show(true);
	const restartEngine = () => {
		// Who asks for another try gets it, whatever failed before.
		records.update((it) => withoutBadLoads(it));
		return engine.restart();
	};
	const modelsFolder = stored("models");
	const gaugeSources = {
		engine,
		autoSuggest,
		devices: new DevicePoll({ engine }),
		recent: new RecentGenerations(
			client.onDidComplete,
			engine.onDidChangeStatus,
		),
	};
	const lastEditor = new LastEditor();
	const answerActions = new AnswerActions({ lastEditor, files });
	const catalogueFile = context.asAbsolutePath("media/catalogue.json");
	const switchToModel = (file?: unknown) =>
		switchModel({ modelSwitch, chosen, devices, configuration }, file);
	const fitReport = new FitReport({ ...gaugeSources, configuration });

	context.subscriptions.push(
		channel,
		configuration,
		autoSuggest,
		client,
		engine,
		records,
		engine.onMessage((message) => {
			if (message.kind === "learned")
				records.update((it) => withLearned(it, message.learned));
		}),
		chosen,
		ignoreRules,
		references,
		completions,
		new ContextWatcher({
			store,
			// A model is loaded for who types, and not for who only looks.
			isWanted: (document) =>
				engine.status.kind === "ready" &&
				autoSuggest.reasonFor(document) === undefined,
			onDidReadRules: ignoreRules.onDidRead,
			hasRoom: () => contextTokens(engine.status) > 0,
			onIdle: (editor) => {
				references.update();
				return completions.prepare(editor);
			},
		}),
		lastEditor,
		answerActions,
		registerProposalCommands(answerActions.proposals),
		registerChat({
			context,
			engine,
			client,
			createContext: () => new EditorContext({ lastEditor, files }),
			actions: answerActions,
			offers: {
				models: async () => (await chosen.list()).models,
				devices: () => devices.get(),
				builtInFile: chosen.builtInFile,
				catalogueFile,
				allowsPartial: () => configuration.settings["engine.partialOffload"],
				switchModel: switchToModel,
			},
			log,
		}),
		gaugeSources.devices,
		gaugeSources.recent,
		fitReport,
		registerEngineStatusItem(gaugeSources),
		registerEngineMessages(engine, {
			restart: () => void restartEngine(),
			openLog,
			// A switch tells of its own failure, and puts the former model back.
			tellsFailures: () => !modelSwitch.isRunning,
		}),
		engine.onDidChangeStatus((status) => {
			const file = fileThatFailed(status);
			const hasOther = file !== undefined && chosen.avoid(file);
			if (hasOther && !modelSwitch.isRunning) engine.apply("reloadModel");
		}),
		registerCommands({
			configuration,
			autoSuggest,
			decisions,
			engine,
			switchModel: switchToModel,
			restartEngine,
			freeMemory: () => engine.stop(),
			showFitReport: () => fitReport.show(),
			openLog,
		}),
		registerGetModel({
			configuration,
			folder: modelsFolder,
			catalogueFile,
			devices: () => devices.get(),
		}),
		registerImportModel({ configuration, folder: modelsFolder }),
		registerRemoveModel({ configuration, folder: modelsFolder }),
		registerBenchmark({
			models: async () => {
				const { models } = await chosen.list();
				return models.filter(
					({ content }) => content.ok && content.value.traits.hasFimTokens,
				);
			},
			withModel: (file, work) =>
				withEngine(
					{
						fork: () => fork(process.env),
						loadOptions: () => loadOptionsOf(file),
						log,
					},
					work,
				),
			freeMemory: () => engine.stop(),
			resultsFile: stored("benchmark.json"),
			log,
		}),
		configuration.onDidChange((effect) => {
			if (effect === "restartEngine") devices.forget();
			engine.apply(effect);
		}),
		chosen.onDidSelect(() => engine.apply("reloadModel")),
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
