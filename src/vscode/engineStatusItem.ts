/** The status bar item: what the engine is doing, in one icon and one short text. */

import * as vscode from "vscode";
import { assertNever } from "../base/assert.ts";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import type { Event } from "../base/event.ts";
import { formatBytes, formatPercent } from "../base/units.ts";
import type { QuietReason } from "../completion/quiet.ts";
import type { EngineStatus } from "../protocol/engineStatus.ts";
import type { ModelDescription } from "../protocol/model.ts";
import { describeError } from "./localize.ts";
import type { Quiet } from "./quiet.ts";

export interface EngineStatusSource {
	readonly status: EngineStatus;
	readonly onDidChangeStatus: Event<EngineStatus>;
}

interface Appearance {
	readonly icon: string;
	readonly text: string;
	readonly detail: string;
	readonly isError?: boolean;
}

export function registerEngineStatusItem(
	engine: EngineStatusSource,
	quiet: Quiet,
): Disposable {
	const store = new DisposableStore();
	const item = store.add(
		vscode.window.createStatusBarItem(
			"headroom.engine",
			vscode.StatusBarAlignment.Right,
			100,
		),
	);
	item.name = "Headroom";
	item.command = "headroom.showMenu";
	const update = (): void => {
		const { icon, text, detail, isError } = appearance(engine.status, quiet);
		item.text = `$(${icon}) ${text}`;
		item.tooltip = detail;
		item.accessibilityInformation = { label: `Headroom: ${text}. ${detail}` };
		item.backgroundColor = isError
			? new vscode.ThemeColor("statusBarItem.errorBackground")
			: undefined;
	};
	store.add(engine.onDidChangeStatus(update));
	store.add(quiet.onDidChange(update));
	store.add(vscode.window.onDidChangeActiveTextEditor(update));
	// Also where a document is given another language.
	store.add(vscode.workspace.onDidOpenTextDocument(update));
	update();
	item.show();
	return store;
}

function appearance(status: EngineStatus, quiet: Quiet): Appearance {
	const { t } = vscode.l10n;
	const reason = quiet.reasonFor(vscode.window.activeTextEditor?.document);
	switch (status.kind) {
		case "stopped":
			return reason
				? quietAppearance(
						reason,
						`${quiet.describe(reason)} ${t("The engine is not running.")}`,
					)
				: {
						icon: "circle-outline",
						text: "Headroom",
						detail: t("The engine starts with the first completion."),
					};
		case "starting":
			return {
				icon: "loading~spin",
				text: t("Starting"),
				detail: t("The engine is starting."),
			};
		case "loading":
			return {
				icon: "loading~spin",
				text: t("Loading {percent}", {
					percent: formatPercent(status.fraction),
				}),
				detail: t("Loading {file}", { file: status.file }),
			};
		case "warmingUp":
			return {
				icon: "loading~spin",
				text: t("Warming up"),
				detail: modelDetail(status.model),
			};
		case "ready":
			return reason
				? quietAppearance(
						reason,
						`${quiet.describe(reason)} ${modelDetail(status.model)}`,
					)
				: {
						icon: "check",
						text: status.model.name,
						detail: modelDetail(status.model),
					};
		case "generating":
			return {
				icon: "sync~spin",
				text: status.model.name,
				detail: t("Generating with {model}", {
					model: modelDetail(status.model),
				}),
			};
		case "failed":
			return {
				icon: "error",
				text: t("No model"),
				detail: describeError(status.error),
				isError: true,
			};
		case "crashed":
			return {
				icon: "error",
				text: status.restartInMs === null ? t("Stopped") : t("Restarting"),
				detail: describeError(status.error),
				isError: status.restartInMs === null,
			};
		default:
			return assertNever(status);
	}
}

function quietAppearance(reason: QuietReason, detail: string): Appearance {
	const { t } = vscode.l10n;
	switch (reason.kind) {
		case "off":
			return { icon: "circle-slash", text: t("Headroom off"), detail };
		case "languageOff":
			return {
				icon: "circle-slash",
				text: t("Off for {languageId}", { languageId: reason.languageId }),
				detail,
			};
		case "snoozed":
			return { icon: "bell-slash", text: t("Snoozed"), detail };
		case "secretFile":
			return { icon: "lock", text: t("Off in this file"), detail };
		default:
			return assertNever(reason);
	}
}

function modelDetail(model: ModelDescription): string {
	return `${model.name}, ${model.quantization}, ${formatBytes(model.fileBytes)}`;
}
