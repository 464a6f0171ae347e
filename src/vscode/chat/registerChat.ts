/** Registers the chat's view and commands; the panel is created when one of them is first used. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import type { EngineClient } from "../../client/engineClient.ts";
import { LoadedChatModel } from "../../client/loadedChatModel.ts";
import type { ModelHost } from "../../client/modelHost.ts";
import type { Role } from "../../protocol/model.ts";
import { ConversationStore } from "../../storage/conversations/conversationStore.ts";
import type { ChosenModel } from "../models/chosenModel.ts";
import type { Configuration } from "../platform/configuration.ts";
import type { ExtensionPaths } from "../platform/extensionPaths.ts";
import { LastEditor } from "../workspace/lastEditor.ts";
import type { WorkspaceFiles } from "../workspace/workspaceFiles.ts";
import { registerChatCommands } from "./chatCommands.ts";
import { ChatOffers } from "./chatOffers.ts";
import { ChatPanel } from "./chatPanel.ts";
import { registerChatView } from "./chatViewProvider.ts";
import { EditorContext } from "./editorContext.ts";
import { AnswerActions } from "./edits/answerActions.ts";
import { registerProposalCommands } from "./edits/proposals.ts";

export interface RegisterChatOptions {
	readonly context: vscode.ExtensionContext;
	readonly paths: ExtensionPaths;
	readonly host: ModelHost;
	readonly chosen: ChosenModel;
	readonly configuration: Configuration;
	readonly files: WorkspaceFiles;
	readonly useModel: (file: string, role: Role) => Promise<void>;
	readonly log: Log;
}

/** In `workspaceState`: the id of the conversation that the panel shows. */
const currentIdKey = "headroom.chat.conversation";

export function registerChat(options: RegisterChatOptions): Disposable {
	const { context, files, log } = options;
	const store = new DisposableStore();
	const lastEditor = store.add(new LastEditor());
	const actions = store.add(new AnswerActions({ lastEditor, files }));
	store.add(registerProposalCommands(actions.proposals));
	let made: ChatPanel | undefined;
	const panel = (): ChatPanel => {
		made ??= store.add(createPanel(options, { lastEditor, actions }, store));
		return made;
	};
	store.add(
		registerChatView({ extensionUri: context.extensionUri, panel, log }),
	);
	store.add(registerChatCommands(panel));
	return store;
}

function createPanel(
	{
		context,
		paths,
		host,
		chosen,
		configuration,
		files,
		useModel,
		log,
	}: RegisterChatOptions,
	{
		lastEditor,
		actions,
	}: { readonly lastEditor: LastEditor; readonly actions: AnswerActions },
	store: DisposableStore,
): ChatPanel {
	const { supervisor, client } = host;
	const { storageUri, globalStorageUri, workspaceState } = context;
	const stateUri =
		storageUri && vscode.Uri.joinPath(storageUri, "chat-state.bin");
	const folder = vscode.Uri.joinPath(
		// A window without a folder has no storage of its own.
		storageUri ?? globalStorageUri,
		"conversations",
	);
	return new ChatPanel({
		store: new ConversationStore(folder.fsPath),
		stateFile: stateUri?.fsPath ?? null,
		deleteState: () => deleteState(stateUri, client),
		currentId: {
			read: () => {
				const id = workspaceState.get<unknown>(currentIdKey);
				return typeof id === "string" ? id : undefined;
			},
			write: (id) => void workspaceState.update(currentIdKey, id),
		},
		model: store.add(new LoadedChatModel(supervisor, client)),
		engine: client,
		context: store.add(new EditorContext({ lastEditor, files })),
		actions,
		offers: new ChatOffers({
			models: async () => (await chosen.list()).models,
			devices: () => host.devices.get(),
			builtInFile: paths.builtInFile,
			catalogFile: paths.catalogFile,
			allowsPartial: () => configuration.settings["engine.partialOffload"],
			switchModel: (file) => useModel(file, "chat"),
		}),
		log,
	});
}

async function deleteState(
	stateUri: vscode.Uri | undefined,
	client: Pick<EngineClient, "deleteState">,
): Promise<void> {
	if (!stateUri) return;
	for (const uri of [
		stateUri,
		stateUri.with({ path: `${stateUri.path}.json` }),
	])
		try {
			await vscode.workspace.fs.delete(uri);
		} catch {
			// It does not exist.
		}
	// The engine may be about to write the snapshot of the answer that was stopped.
	client.deleteState(stateUri.fsPath);
}
