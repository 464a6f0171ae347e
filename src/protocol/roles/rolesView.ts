/** Which model serves each role, as the gauge, the tooltip and the picker show it: derived from the engine's status. */

import {
	bytesOf,
	type EngineStatus,
	type HeldMemory,
	type LoadReport,
	type OwnChat,
	ownChat,
} from "../engineStatus.ts";
import type { HeadroomError } from "../errors.ts";
import type { ModelDescription } from "../model.ts";

type RoleState =
	/** No engine runs, or it starts or restarts: it loads the model for completion when it is up. */
	| "stopped"
	/** The chat's own model while nobody chats. */
	| "unloaded"
	/** The model for completion while its memory is lent to the chat's model. */
	| "away"
	| "loading"
	| "ready"
	| "generating"
	| "failed";

interface RoleView {
	readonly state: RoleState;
	/** Undefined while it is not known. */
	readonly file: string | undefined;
	/** Undefined before its first load. */
	readonly model: ModelDescription | undefined;
	/** By device; empty while it is not loaded, or if it was loaded without a plan. */
	readonly memory: readonly HeldMemory[];
	/** The sum of `memory`. */
	readonly heldBytes: number;
	/** Measured at the load; undefined while it is not loaded. */
	readonly prefillTokensPerSecond: number | undefined;
	readonly decodeTokensPerSecond: number | undefined;
	/** Of the load under way, 0 to 1. */
	readonly fraction: number | undefined;
	/** What the load took. */
	readonly loadMs: number | undefined;
	readonly error: HeadroomError | undefined;
}

export interface RolesView {
	/** Whether one model serves both. Then both views show that model, whose memory counts once. */
	readonly isShared: boolean;
	readonly completion: RoleView;
	readonly chat: RoleView;
}

export function rolesView(status: EngineStatus): RolesView {
	const completion = completionView(status);
	const chat = ownChat(status);
	return {
		isShared: chat === undefined,
		completion,
		chat: chat ? ownChatView(chat) : completion,
	};
}

const nothing: RoleView = {
	state: "stopped",
	file: undefined,
	model: undefined,
	memory: [],
	heldBytes: 0,
	prefillTokensPerSecond: undefined,
	decodeTokensPerSecond: undefined,
	fraction: undefined,
	loadMs: undefined,
	error: undefined,
};

function completionView(status: EngineStatus): RoleView {
	switch (status.kind) {
		case "loading":
			return {
				...nothing,
				state: "loading",
				file: status.file,
				fraction: status.fraction,
			};
		case "warmingUp":
			return warmingUp(status.model);
		case "ready":
		case "generating":
			return status.isAway
				? {
						...nothing,
						state: "away",
						file: status.model.file,
						model: status.model,
					}
				: loadedView(status.kind, status.model, status.load);
		case "failed":
		case "crashed":
			return {
				...nothing,
				state: "failed",
				file: status.error.values["file"],
				error: status.error,
			};
		default:
			return nothing;
	}
}

function ownChatView(chat: OwnChat): RoleView {
	const { file } = chat;
	switch (chat.state) {
		case "unloaded":
			return { ...nothing, state: "unloaded", file };
		case "loading":
			return { ...nothing, state: "loading", file, fraction: chat.fraction };
		case "warmingUp":
			return warmingUp(chat.model);
		case "failed":
			return { ...nothing, state: "failed", file, error: chat.error };
		default:
			return loadedView(chat.state, chat.model, chat.load);
	}
}

/** Its weights are loaded. */
function warmingUp(model: ModelDescription): RoleView {
	return {
		...nothing,
		state: "loading",
		file: model.file,
		model,
		fraction: 1,
	};
}

function loadedView(
	state: "ready" | "generating",
	model: ModelDescription,
	load: LoadReport,
): RoleView {
	const { memory, prefillTokensPerSecond, decodeTokensPerSecond } = load;
	return {
		...nothing,
		state,
		file: model.file,
		model,
		memory,
		heldBytes: memory.reduce((sum, it) => sum + bytesOf(it), 0),
		prefillTokensPerSecond,
		decodeTokensPerSecond,
		loadMs: load.loadMs,
	};
}
