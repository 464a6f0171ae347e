/** The chat as a whole: its view and its commands, and nothing behind them before one of these is used. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import type { Log } from "../../base/log.ts";
import type {
	ChatContextSource,
	ConversationPort,
} from "../../chat/chatPorts.ts";
import { ChatEngine } from "../../client/chatEngine.ts";
import type { EngineClient } from "../../client/engineClient.ts";
import type { Supervisor } from "../../client/supervisor.ts";
import { ConversationStore } from "../../storage/conversations/conversationStore.ts";
import { registerChatCommands } from "./chatCommands.ts";
import { ChatOffers, type ChatOffersContext } from "./chatOffers.ts";
import { type AnswerActionsPort, ChatPanel } from "./chatPanel.ts";
import { registerChatView } from "./chatViewProvider.ts";

export interface RegisterChatOptions {
	readonly context: vscode.ExtensionContext;
	readonly engine: Supervisor;
	readonly client: EngineClient;
	readonly createContext: () => ChatContextSource & Disposable;
	readonly actions: AnswerActionsPort;
	readonly offers: ChatOffersContext;
	readonly log: Log;
}

/** Of the conversation that is shown, in the state of the workspace. */
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
	const { context, engine, client, createContext, actions, offers, log } =
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
		store: withState(new ConversationStore(folder.fsPath), stateUri, client),
		stateFile: stateUri?.fsPath ?? null,
		currentId: {
			read: () => {
				const id = workspaceState.get<unknown>(currentIdKey);
				return typeof id === "string" ? id : undefined;
			},
			write: (id) => void workspaceState.update(currentIdKey, id),
		},
		engine: store.add(new ChatEngine(engine, client)),
		context: store.add(createContext()),
		actions,
		offers: new ChatOffers(offers),
		log,
	});
}

/** What was evaluated of a conversation goes with it: the state does not say of which it is, and is made again with the next question. */
function withState(
	store: ConversationStore,
	stateUri: vscode.Uri | undefined,
	client: Pick<EngineClient, "forgetState">,
): ConversationPort {
	return {
		list: () => store.list(),
		open: (id) => store.open(id),
		save: (conversation) => store.save(conversation),
		search: (find) => store.search(find),
		delete: async (id) => {
			if (stateUri) {
				await removeState(stateUri);
				// The answer that was stopped may be saved only now.
				client.forgetState(stateUri.fsPath);
			}
			return await store.delete(id);
		},
	};
}

async function removeState(uri: vscode.Uri): Promise<void> {
	for (const file of [uri, uri.with({ path: `${uri.path}.json` })])
		try {
			await vscode.workspace.fs.delete(file);
		} catch {
			// There is none.
		}
}
