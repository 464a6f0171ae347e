/** Every command, in one table. A test holds it against package.json. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import type { ModelHost } from "../client/modelHost.ts";
import { isLanguageEnabled } from "../completion/reasons/suppression.ts";
import { loadedModel } from "../protocol/engineStatus.ts";
import type { Completion } from "./completion/registerCompletion.ts";
import type { Configuration } from "./platform/configuration.ts";
import type { Status } from "./status/registerStatus.ts";
import {
	showWhyNoSuggestion,
	type WhyNoSuggestionContext,
} from "./status/whyNoSuggestion.ts";

export interface CommandContext
	extends Omit<WhyNoSuggestionContext, "engine" | "decisions"> {
	readonly configuration: Configuration;
	readonly host: ModelHost;
	/** Without a file, the user picks one. */
	readonly useModel: (file?: unknown) => Promise<void>;
	readonly completion: Pick<Completion, "decisions" | "clearSnippets">;
	readonly status: Pick<Status, "showFitReport">;
}

const commandIds = [
	"headroom.whyNoSuggestion",
	"headroom.toggleCompletions",
	"headroom.toggleLanguage",
	"headroom.snooze",
	"headroom.switchModel",
	"headroom.showFitReport",
	"headroom.freeMemory",
	"headroom.clearSavedPrompts",
	"headroom.restartEngine",
	"headroom.openLog",
	"headroom.showMenu",
] as const;
type CommandId = (typeof commandIds)[number];

const snoozeMinutes = 5;

export function registerCommands(context: CommandContext): Disposable {
	const handlers = {
		"headroom.whyNoSuggestion": () =>
			showWhyNoSuggestion({
				...context,
				engine: context.host.supervisor,
				decisions: context.completion.decisions,
			}),
		"headroom.toggleCompletions": () => toggleCompletions(context),
		"headroom.toggleLanguage": () => toggleLanguage(context),
		"headroom.snooze": () =>
			choose(vscode.l10n.t("Snooze"), snoozeEntries(context)),
		"headroom.switchModel": context.useModel,
		"headroom.showFitReport": context.status.showFitReport,
		"headroom.freeMemory": () => context.host.supervisor.stop(),
		"headroom.clearSavedPrompts": () => clearSavedPrompts(context),
		"headroom.restartEngine": () => context.host.restart(),
		"headroom.openLog": context.openLog,
		"headroom.showMenu": () => choose("Headroom", menuEntries(context)),
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

async function toggleLanguage({
	configuration,
}: CommandContext): Promise<void> {
	const languageId = activeLanguage();
	if (languageId === undefined)
		void vscode.window.showInformationMessage(
			vscode.l10n.t("Open a file to switch completions for its language."),
		);
	else
		await configuration.setLanguage(
			languageId,
			!isLanguageEnabled(
				configuration.settings["completion.languages"],
				languageId,
			),
		);
}

async function clearSavedPrompts({
	host,
	completion,
}: CommandContext): Promise<void> {
	completion.clearSnippets();
	await host.clearPrompts();
	void vscode.window.showInformationMessage(
		vscode.l10n.t("The prompts that were saved on this disk are deleted."),
	);
}

function activeLanguage(): string | undefined {
	return vscode.window.activeTextEditor?.document.languageId;
}

interface Entry extends vscode.QuickPickItem {
	readonly run: () => unknown;
}

async function choose(title: string, entries: readonly Entry[]): Promise<void> {
	const chosen = await vscode.window.showQuickPick(entries, { title });
	await chosen?.run();
}

function menuEntries(context: CommandContext): Entry[] {
	const { t } = vscode.l10n;
	const { configuration, autoSuggest, host } = context;
	const { settings } = configuration;
	const languageId = activeLanguage();
	const entries: Entry[] = [
		commandEntry("headroom.switchModel", t("Switch the model...")),
	];
	if (loadedModel(host.supervisor.status))
		entries.push(
			commandEntry("headroom.freeMemory", t("Free memory now")),
			commandEntry("headroom.showFitReport", t("Show the fit report")),
		);
	if (autoSuggest.snoozedUntil !== undefined)
		entries.push(endSnoozeEntry(context));
	entries.push(
		commandEntry("headroom.whyNoSuggestion", t("Why no suggestion?")),
		commandEntry(
			"headroom.toggleCompletions",
			settings["completion.enabled"]
				? t("Switch completions off")
				: t("Switch completions on"),
		),
	);
	if (languageId !== undefined)
		entries.push(
			commandEntry(
				"headroom.toggleLanguage",
				isLanguageEnabled(settings["completion.languages"], languageId)
					? t("Switch completions off for {languageId}", { languageId })
					: t("Switch completions on for {languageId}", { languageId }),
			),
		);
	if (autoSuggest.snoozedUntil === undefined)
		entries.push(commandEntry("headroom.snooze", t("Snooze...")));
	entries.push(
		commandEntry("headroom.restartEngine", t("Restart the engine")),
		commandEntry("headroom.openLog", t("Open the log")),
	);
	return entries;
}

function snoozeEntries(context: CommandContext): Entry[] {
	const { t } = vscode.l10n;
	const { autoSuggest } = context;
	return [
		...(autoSuggest.snoozedUntil === undefined
			? []
			: [endSnoozeEntry(context)]),
		{
			label: t("For {minutes} minutes", { minutes: `${snoozeMinutes}` }),
			run: () => autoSuggest.snooze(Date.now() + snoozeMinutes * 60_000),
		},
		{
			label: t("Until VS Code restarts"),
			run: () => autoSuggest.snooze("restart"),
		},
	];
}

function endSnoozeEntry({ autoSuggest }: CommandContext): Entry {
	return {
		label: vscode.l10n.t("End the snooze"),
		description: autoSuggest.describe({ kind: "snoozed" }),
		run: () => autoSuggest.endSnooze(),
	};
}

function commandEntry(command: CommandId, label: string): Entry {
	return { label, run: () => vscode.commands.executeCommand(command) };
}
