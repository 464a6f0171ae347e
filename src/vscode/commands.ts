/** Every command, in one table. A test holds it against package.json. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import type { Configuration } from "./configuration.ts";

export interface CommandContext {
	readonly configuration: Configuration;
	readonly restartEngine: () => Promise<void>;
	readonly openLog: () => void;
}

export const commandIds = [
	"headroom.toggleCompletions",
	"headroom.restartEngine",
	"headroom.openLog",
	"headroom.showMenu",
] as const;
type CommandId = (typeof commandIds)[number];

export function registerCommands(context: CommandContext): Disposable {
	const handlers = {
		"headroom.toggleCompletions": () => toggleCompletions(context),
		"headroom.restartEngine": context.restartEngine,
		"headroom.openLog": context.openLog,
		"headroom.showMenu": () => showMenu(context),
	} satisfies Record<CommandId, () => unknown>;
	const store = new DisposableStore();
	for (const id of commandIds)
		store.add(vscode.commands.registerCommand(id, handlers[id]));
	return store;
}

async function toggleCompletions({
	configuration,
}: CommandContext): Promise<void> {
	await configuration.set(
		"completion.enabled",
		!configuration.settings["completion.enabled"],
	);
}

async function showMenu({ configuration }: CommandContext): Promise<void> {
	const { t } = vscode.l10n;
	const entries: readonly (vscode.QuickPickItem & { command: CommandId })[] = [
		{
			label: configuration.settings["completion.enabled"]
				? t("Switch completions off")
				: t("Switch completions on"),
			command: "headroom.toggleCompletions",
		},
		{ label: t("Restart the engine"), command: "headroom.restartEngine" },
		{ label: t("Open the log"), command: "headroom.openLog" },
	];
	const chosen = await vscode.window.showQuickPick(entries, {
		title: "Headroom",
	});
	if (chosen) await vscode.commands.executeCommand(chosen.command);
}
