/** Registers inline completion: the provider, and the watchers that keep its context up to date. */

import type * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import type { ModelHost } from "../../client/modelHost.ts";
import { PowerSource } from "../../client/powerSource.ts";
import { Confidence } from "../../completion/confidence/confidence.ts";
import { ContextStore } from "../../completion/context/contextStore.ts";
import { ReferenceSync } from "../../completion/context/referenceSync.ts";
import { RepositoryContext } from "../../completion/context/repositoryContext.ts";
import { DecisionHistory } from "../../completion/session/decisions.ts";
import type { SyntaxPort } from "../../completion/syntax/syntaxPort.ts";
import { contextTokens, loadedModel } from "../../protocol/engineStatus.ts";
import { usesLookup } from "../../protocol/speculation.ts";
import type { Configuration } from "../platform/configuration.ts";
import { workspaceFolderName } from "../workspace/documentPath.ts";
import type { IgnoreRules } from "../workspace/ignoreRules.ts";
import type { WorkspaceFiles } from "../workspace/workspaceFiles.ts";
import { AcceptanceStore } from "./acceptanceStore.ts";
import type { AutoSuggest } from "./autoSuggest.ts";
import { ContextWatcher } from "./contextWatcher.ts";
import {
	type GivenSuggestion,
	InlineCompletionProvider,
} from "./inlineCompletionProvider.ts";
import { SnippetStore } from "./snippetStore.ts";

export interface RegisterCompletionOptions {
	readonly context: Pick<
		vscode.ExtensionContext,
		"globalState" | "workspaceState"
	>;
	readonly host: Pick<
		ModelHost,
		"supervisor" | "client" | "onWillReplaceModel"
	>;
	readonly configuration: Configuration;
	readonly autoSuggest: AutoSuggest;
	readonly ignoreRules: IgnoreRules;
	readonly files: WorkspaceFiles;
	readonly syntax: SyntaxPort;
	readonly log: Log;
}

export interface Completion extends Disposable {
	readonly decisions: DecisionHistory;
	/** The suggestion that VS Code got last. */
	lastSuggestion(): GivenSuggestion | undefined;
	/** Deletes the snippets that are kept for the next session. */
	clearSnippets(): void;
}

export function registerCompletion({
	context: { globalState, workspaceState },
	host: { supervisor, client, onWillReplaceModel },
	configuration,
	autoSuggest,
	ignoreRules,
	files,
	syntax,
	log,
}: RegisterCompletionOptions): Completion {
	const disposables = new DisposableStore();
	const store = new ContextStore((path) => files.mayShow(path));
	const snippets = new SnippetStore({
		memento: workspaceState,
		isWanted: () => configuration.settings["completion.keepPromptsOnDisk"],
		log,
	});
	disposables.add(configuration.onDidChange(() => snippets.clearIfUnwanted()));
	const decisions = new DecisionHistory();
	const power = new PowerSource();
	let lastSuggestion: GivenSuggestion | undefined;
	const references = disposables.add(
		new ReferenceSync({
			engine: client,
			files: () =>
				usesLookup(configuration.settings.speculation) ? store.texts() : [],
		}),
	);
	const provider = disposables.add(
		new InlineCompletionProvider({
			engine: client,
			contextProvider: new RepositoryContext({
				store,
				memory: snippets,
				mayShow: (path) => files.mayShow(path),
				repositoryOf: workspaceFolderName,
				budgetTokens: () => contextTokens(supervisor.status),
			}),
			confidence: new Confidence({
				mode: () => configuration.settings["completion.confidence"],
				model: () => loadedModel(supervisor.status)?.name,
				acceptance: new AcceptanceStore(globalState, log),
				log,
			}),
			syntax,
			autoSuggest,
			otherTexts: () => store.texts().map(({ text }) => text),
			onDidInvalidate: onWillReplaceModel,
			onSuggestion: (suggestion) => {
				lastSuggestion = suggestion;
			},
			onDecision: (decision) => decisions.add(decision),
			policy: () => {
				const { settings } = configuration;
				return {
					showsAtOnce: settings["completion.confidence"] === "more",
					computesAtEveryKey:
						settings["completion.onBattery"] === "full" || !power.isOnBattery,
				};
			},
			log,
		}),
	);
	disposables.add(
		new ContextWatcher({
			store,
			// Typing loads a model; merely opening a file does not.
			isWanted: (document) =>
				supervisor.status.kind === "ready" &&
				autoSuggest.reasonFor(document) === undefined,
			onDidReadRules: ignoreRules.onDidRead,
			hasRoom: () => contextTokens(supervisor.status) > 0,
			onIdle: (editor) => {
				references.update();
				return provider.prepare(editor);
			},
		}),
	);
	return {
		decisions,
		lastSuggestion: () => lastSuggestion,
		clearSnippets: () => snippets.clear(),
		dispose: () => disposables.dispose(),
	};
}
