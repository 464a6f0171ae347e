/** The composition root: constructs the parts, wires them, registers them, and does nothing else. */

import * as vscode from "vscode";
import { RecentLog } from "./base/log.ts";
import { engineInspectPort, forkEngine } from "./client/engineProcess.ts";
import { ModelHost } from "./client/modelHost.ts";
import { PromptFolder } from "./client/promptFolder.ts";
import { stopWhenOff } from "./client/stopWhenOff.ts";
import type { CountedDecision } from "./completion/session/decisions.ts";
import type { EngineStatus } from "./protocol/engineStatus.ts";
import type { Role } from "./protocol/model.ts";
import { RecordStore } from "./storage/recordStore.ts";
import { SyntaxParser } from "./syntax/parser.ts";
import { registerChat } from "./vscode/chat/registerChat.ts";
import { registerCommands } from "./vscode/commands.ts";
import { AutoSuggest } from "./vscode/completion/autoSuggest.ts";
import type { GivenSuggestion } from "./vscode/completion/inlineCompletionProvider.ts";
import { registerCompletion } from "./vscode/completion/registerCompletion.ts";
import { ChosenModel } from "./vscode/models/chosenModel.ts";
import { registerModels } from "./vscode/models/registerModels.ts";
import { switchModel } from "./vscode/models/switch/switchModel.ts";
import { Configuration } from "./vscode/platform/configuration.ts";
import { extensionPaths } from "./vscode/platform/extensionPaths.ts";
import { logToChannel } from "./vscode/platform/outputLog.ts";
import { registerStatus } from "./vscode/status/registerStatus.ts";
import { IgnoreRules } from "./vscode/workspace/ignoreRules.ts";
import { WorkspaceFiles } from "./vscode/workspace/workspaceFiles.ts";
import { looksSecret } from "./workspace/contextFiles.ts";

/** The API of the extension, for bug reports and its own tests. */
export interface HeadroomApi {
	/** The last lines of the log. They hold no text of the user's files. */
	recentLog(): readonly string[];
	engineStatus(): EngineStatus;
	/** Completion requests since activation, without prefetching. */
	requestCount(): number;
	/** The last suggestion that was given to VS Code. */
	lastSuggestion(): GivenSuggestion | undefined;
	/** The last completion requests and their outcomes, newest first. */
	decisions(): readonly CountedDecision[];
}

/** For `deactivate`, which VS Code calls without arguments. */
let activeHost: ModelHost | undefined;

export function activate(context: vscode.ExtensionContext): HeadroomApi {
	const channel = vscode.window.createOutputChannel("Headroom", { log: true });
	const recent = new RecentLog(logToChannel(channel));
	const { log } = recent;
	const paths = extensionPaths(context);
	const configuration = new Configuration(log);
	const devices = () => host.devices.get();
	const chosen = new ChosenModel({
		context,
		configuration,
		devices,
		...paths,
		log,
	});
	const host = new ModelHost({
		fork: (options) => forkEngine({ file: paths.engineFile, log, ...options }),
		env: process.env,
		inspectPort: engineInspectPort(process.env, log),
		source: chosen,
		settings: () => configuration.settings,
		records: new RecordStore({ folder: paths.storageFolder, log }),
		prompts: new PromptFolder({
			folder: paths.promptsFolder,
			workspace: context.storageUri?.toString() ?? "",
			isWanted: () => configuration.settings["completion.keepPromptsOnDisk"],
			log,
		}),
		extensionFolder: paths.extensionFolder,
		log,
	});
	activeHost = host;
	const ignoreRules = new IgnoreRules();
	const parts = {
		context,
		paths,
		configuration,
		chosen,
		host,
		autoSuggest: new AutoSuggest(configuration, looksSecret),
		ignoreRules,
		files: new WorkspaceFiles((path) => ignoreRules.isIgnored(path)),
		syntax: new SyntaxParser({ folder: paths.syntaxFolder, log }),
		useModel: (file?: unknown, role?: Role) =>
			switchModel({ host, chosen, configuration }, file, role),
		openLog: () => channel.show(true),
		log,
	};
	const completion = registerCompletion(parts);
	const status = registerStatus(parts);
	context.subscriptions.push(
		...[
			channel,
			configuration,
			parts.autoSuggest,
			host,
			ignoreRules,
			parts.syntax,
		],
		configuration.onDidChange((effect) => host.apply(effect)),
		stopWhenOff({
			supervisor: host.supervisor,
			isOn: () => configuration.settings["completion.enabled"],
			onDidChange: configuration.onDidChange,
		}),
		...[completion, status, registerChat(parts), registerModels(parts)],
		registerCommands({ ...parts, completion, status }),
	);
	return {
		recentLog: () => recent.lines(),
		engineStatus: () => host.supervisor.status,
		requestCount: () => host.client.requestCount,
		lastSuggestion: completion.lastSuggestion,
		decisions: () => completion.decisions.newestFirst(),
	};
}

/** VS Code waits for this up to five seconds, and then disposes of `subscriptions`. */
export async function deactivate(): Promise<void> {
	await activeHost?.supervisor.stop();
}
