/** The status bar item: what the engine is doing, in one icon and one short text. */

import * as vscode from "vscode";
import { assertNever } from "../base/assert.ts";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import type { Event } from "../base/event.ts";
import { formatBytes, formatPercent } from "../base/units.ts";
import type { EngineStatus } from "../protocol/engineStatus.ts";
import type { ModelDescription } from "../protocol/model.ts";
import { describeError } from "./localize.ts";

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
	completions: {
		readonly isEnabled: () => boolean;
		readonly onDidChange: (listener: () => void) => Disposable;
	},
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
		const { icon, text, detail, isError } = appearance(
			engine.status,
			completions.isEnabled(),
		);
		item.text = `$(${icon}) ${text}`;
		item.tooltip = detail;
		item.accessibilityInformation = { label: `Headroom: ${text}. ${detail}` };
		item.backgroundColor = isError
			? new vscode.ThemeColor("statusBarItem.errorBackground")
			: undefined;
	};
	store.add(engine.onDidChangeStatus(update));
	store.add(completions.onDidChange(update));
	update();
	item.show();
	return store;
}

function appearance(status: EngineStatus, isEnabled: boolean): Appearance {
	const { t } = vscode.l10n;
	switch (status.kind) {
		case "stopped":
			return isEnabled
				? {
						icon: "circle-outline",
						text: "Headroom",
						detail: t("The engine starts with the first completion."),
					}
				: off(t("The engine is not running."));
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
			return isEnabled
				? {
						icon: "check",
						text: status.model.name,
						detail: modelDetail(status.model),
					}
				: off(modelDetail(status.model));
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

function off(detail: string): Appearance {
	return {
		icon: "circle-slash",
		text: vscode.l10n.t("Headroom off"),
		detail: `${vscode.l10n.t("Completions are switched off.")} ${detail}`,
	};
}

function modelDetail(model: ModelDescription): string {
	return `${model.name}, ${model.quantization}, ${formatBytes(model.fileBytes)}`;
}
