/** The status bar item: the memory gauge, and what the engine is doing. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import type { Event } from "../../base/event.ts";
import type { DevicePoll } from "../../client/devices/devicePoll.ts";
import type { RecentGenerations } from "../../client/recentGenerations.ts";
import { type GaugeState, gaugeOf } from "../../memory/report/gauge.ts";
import type { EngineStatus } from "../../protocol/engineStatus.ts";
import type { AutoSuggest } from "../completion/autoSuggest.ts";
import {
	type GaugeView,
	gaugeLabel,
	gaugeText,
	gaugeTooltip,
	isGivenUp,
} from "./gaugeText.ts";

export interface EngineStatusSource {
	readonly status: EngineStatus;
	readonly onDidChangeStatus: Event<EngineStatus>;
}

export interface GaugeSources {
	readonly engine: EngineStatusSource;
	readonly autoSuggest: AutoSuggest;
	readonly devices: DevicePoll;
	readonly recent: RecentGenerations;
}

/** The current data of the item. */
function gaugeView({
	engine: { status },
	autoSuggest,
	devices: { devices },
	recent: { counters },
}: GaugeSources): GaugeView {
	const reason = autoSuggest.reasonFor(
		vscode.window.activeTextEditor?.document,
	);
	return {
		gauge: gaugeOf({ status, devices, isPaused: reason !== undefined }),
		status,
		counters,
		suppression: reason && { reason, sentence: autoSuggest.describe(reason) },
	};
}

export function registerEngineStatusItem(sources: GaugeSources): Disposable {
	const { engine, autoSuggest, devices, recent } = sources;
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
	const update = (): void => show(item, gaugeView(sources));
	store.add(engine.onDidChangeStatus(update));
	store.add(devices.onDidChange(update));
	store.add(recent.onDidChange(update));
	store.add(autoSuggest.onDidChange(update));
	store.add(vscode.window.onDidChangeActiveTextEditor(update));
	// Also fires when a document changes its language.
	store.add(vscode.workspace.onDidOpenTextDocument(update));
	update();
	item.show();

	const watch = (): void => devices.watch(isSeen());
	store.add(vscode.window.onDidChangeWindowState(watch));
	store.add(
		vscode.workspace.onDidChangeConfiguration((event) => {
			if (event.affectsConfiguration(statusBarSetting)) watch();
		}),
	);
	watch();
	return store;
}

const statusBarSetting = "workbench.statusBar.visible";

/** As far as the API shows it: it does not report a single hidden item. */
function isSeen(): boolean {
	return (
		vscode.window.state.focused &&
		vscode.workspace.getConfiguration().get(statusBarSetting, true)
	);
}

/** Colors only repeat what icon and word say. */
const backgrounds: Partial<Readonly<Record<GaugeState, string>>> = {
	pressure: "statusBarItem.warningBackground",
	spill: "statusBarItem.warningBackground",
	failed: "statusBarItem.errorBackground",
};

/** Every assignment is sent to the window, so assign only changes. */
function show(item: vscode.StatusBarItem, view: GaugeView): void {
	const { t } = vscode.l10n;
	const text = gaugeText(view, t);
	if (item.text !== text) item.text = text;
	const label = gaugeLabel(view, t);
	if (item.accessibilityInformation?.label !== label)
		item.accessibilityInformation = { label };
	const markdown = gaugeTooltip(view, t);
	if (tooltipText(item) !== markdown) item.tooltip = untrusted(markdown);
	const background = isGivenUp(view.status)
		? backgrounds.failed
		: backgrounds[view.gauge.state];
	if (item.backgroundColor?.id !== background)
		item.backgroundColor = background
			? new vscode.ThemeColor(background)
			: undefined;
}

function tooltipText({ tooltip }: vscode.StatusBarItem): string | undefined {
	return typeof tooltip === "string" ? tooltip : tooltip?.value;
}

function untrusted(markdown: string): vscode.MarkdownString {
	const tooltip = new vscode.MarkdownString(markdown);
	tooltip.isTrusted = false;
	tooltip.supportHtml = false;
	return tooltip;
}
