/** "Why No Suggestion?": what suppresses suggestions now, and the latest requests with their outcome and cost. */

import * as vscode from "vscode";
import type { SuppressionReason } from "../../completion/reasons/suppression.ts";
import {
	type CountedDecision,
	type DecisionHistory,
	decisionText,
	describeDecision,
} from "../../completion/session/decisions.ts";
import type { AutoSuggest } from "../completion/autoSuggest.ts";
import { clockTimeWithSeconds } from "../platform/clockTime.ts";
import { describeError, localize } from "../platform/localize.ts";
import type { EngineStatusSource } from "./engineStatusItem.ts";

export interface WhyNoSuggestionContext {
	readonly decisions: DecisionHistory;
	readonly autoSuggest: AutoSuggest;
	readonly engine: EngineStatusSource;
	readonly openLog: () => void;
}

interface Entry extends vscode.QuickPickItem {
	/** Runs on Enter, and on the entry's button if it has one. */
	readonly run?: () => unknown;
}

export function showWhyNoSuggestion(context: WhyNoSuggestionContext): void {
	const { t } = vscode.l10n;
	const decisions = context.decisions.newestFirst();
	const pick = vscode.window.createQuickPick<Entry>();
	pick.title = t("Why no suggestion?");
	pick.placeholder = t(
		"The latest completion requests, newest first. Enter copies one as text.",
	);
	pick.matchOnDescription = true;
	pick.matchOnDetail = true;
	pick.items = [
		...section(t("Now"), obstacles(context)),
		...section(
			t("Latest requests"),
			decisions.length > 0 ? decisions.map(decisionEntry) : [nothingYet()],
		),
		...section(t("More"), [
			...(decisions.length > 0 ? [copyAll(decisions)] : []),
			{ label: `$(output) ${t("Open the log")}`, run: context.openLog },
		]),
	];
	pick.onDidAccept(() => {
		const [chosen] = pick.selectedItems;
		pick.hide();
		chosen?.run?.();
	});
	pick.onDidTriggerItemButton(({ item }) => item.run?.());
	pick.onDidHide(() => pick.dispose());
	pick.show();
}

function section(label: string, entries: readonly Entry[]): readonly Entry[] {
	return entries.length === 0
		? []
		: [{ label, kind: vscode.QuickPickItemKind.Separator }, ...entries];
}

/** What suppresses suggestions in the active editor now, each with its remedy. */
function obstacles({ autoSuggest, engine }: WhyNoSuggestionContext): Entry[] {
	const { t } = vscode.l10n;
	const document = vscode.window.activeTextEditor?.document;
	const found: Entry[] = [];
	const isShownByEditor = vscode.workspace
		.getConfiguration("editor", document)
		.get("inlineSuggest.enabled", true);
	if (!isShownByEditor)
		found.push({
			label: `$(circle-slash) ${t("VS Code shows no inline suggestions: editor.inlineSuggest.enabled is off.")}`,
			detail: t("Enter opens the setting."),
			run: () => openSetting("editor.inlineSuggest.enabled"),
		});
	const reason = autoSuggest.reasonFor(document);
	if (reason) found.push(suppressionEntry(reason, autoSuggest));
	const { status } = engine;
	if (status.kind === "failed")
		found.push({
			label: `$(error) ${describeError(status.error)}`,
			detail: t("Enter opens the setting."),
			run: () => openSetting("headroom.model.file"),
		});
	if (status.kind === "crashed")
		found.push({
			label: `$(error) ${describeError(status.error)}`,
			detail: t("Enter restarts the engine."),
			run: () => vscode.commands.executeCommand("headroom.restartEngine"),
		});
	return found;
}

function suppressionEntry(
	reason: SuppressionReason,
	autoSuggest: AutoSuggest,
): Entry {
	const { t } = vscode.l10n;
	const ways = {
		off: {
			icon: "circle-slash",
			detail: t("Enter turns completions on."),
			run: () => vscode.commands.executeCommand("headroom.toggleCompletions"),
		},
		languageOff: {
			icon: "circle-slash",
			detail: t("Enter turns completions on for this language."),
			run: () => vscode.commands.executeCommand("headroom.toggleLanguage"),
		},
		snoozed: {
			icon: "bell-slash",
			detail: t("Enter ends the snooze."),
			run: () => autoSuggest.endSnooze(),
		},
		secretFile: {
			icon: "lock",
			detail: t("Enter requests a suggestion at the cursor."),
			run: () =>
				vscode.commands.executeCommand("editor.action.inlineSuggest.trigger"),
		},
	} satisfies Record<SuppressionReason["kind"], unknown>;
	const { icon, detail, run } = ways[reason.kind];
	return { label: `$(${icon}) ${autoSuggest.describe(reason)}`, detail, run };
}

function decisionEntry(decision: CountedDecision): Entry {
	const { outcome, place, details } = describeDecision(decision);
	return {
		label: `$(${iconOf(decision)}) ${localize(outcome)}`,
		description: `${place} · ${clockTimeWithSeconds(decision.atMs)}`,
		detail: details.map(localize).join(" · "),
		buttons: [
			{
				iconPath: new vscode.ThemeIcon("copy"),
				tooltip: vscode.l10n.t("Copy as text"),
			},
		],
		run: () => copy(decisionText(decision)),
	};
}

function iconOf({ outcome }: CountedDecision): string {
	if (outcome.kind === "suggested") return "check";
	return outcome.reason.kind === "failed" ? "error" : "circle-slash";
}

function nothingYet(): Entry {
	return {
		label: vscode.l10n.t("No completion requests yet."),
	};
}

function copyAll(decisions: readonly CountedDecision[]): Entry {
	return {
		label: `$(copy) ${vscode.l10n.t("Copy all as text")}`,
		run: () => copy(decisions.map(decisionText).join("\n")),
	};
}

async function copy(text: string): Promise<void> {
	await vscode.env.clipboard.writeText(text);
	vscode.window.setStatusBarMessage(vscode.l10n.t("Copied."), 3000);
}

function openSetting(key: string): void {
	void vscode.commands.executeCommand("workbench.action.openSettings", key);
}
