/** Registers the chat's view and commands; the panel is created when one of them is first used. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import type { ContextSource } from "../../chat/chatPorts.ts";
import type { EngineClient } from "../../client/engineClient.ts";
import { LoadedChatModel } from "../../client/loadedChatModel.ts";
import type { Supervisor } from "../../client/supervisor.ts";
import { ConversationStore } from "../../storage/conversations/conversationStore.ts";
import { registerChatCommands } from "./chatCommands.ts";
import { ChatOffers, type ChatOffersContext } from "./chatOffers.ts";
import { ChatPanel } from "./chatPanel.ts";
import { registerChatView } from "./chatViewProvider.ts";
import type { AnswerActions } from "./edits/answerActions.ts";

export interface RegisterChatOptions {
	readonly context: vscode.ExtensionContext;
	readonly supervisor: Supervisor;
	readonly client: EngineClient;
	readonly createContext: () => ContextSource & Disposable;
	readonly actions: AnswerActions;
	readonly offers: ChatOffersContext;
	readonly log: Log;
}

/** In `workspaceState`: the id of the conversation that the panel shows. */
const currentIdKey = "headroom.chat.conversation";

export function registerChat(options: RegisterChatOptions): Disposable {
	const { context, log } = options;
	const store = new DisposableStore();
	let made: ChatPanel | undefined;
	const panel = (): ChatPanel => {
		made ??= store.add(createPanel(options, store));
		return made;
	};
	store.add(
		registerChatView({ extensionUri: context.extensionUri, panel, log }),
	);
	store.add(registerChatCommands(panel));
	return store;
}

function createPanel(
	options: RegisterChatOptions,
	store: DisposableStore,
): ChatPanel {
	const { context, supervisor, client, createContext, actions, offers, log } =
		options;
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
		model: store.add(new LoadedChatModel(supervisor)),
		engine: client,
		context: store.add(createContext()),
		actions,
		offers: new ChatOffers(offers),
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
