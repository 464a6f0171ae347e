/** What the window shows of the engine: the status bar item, the fit report, and messages about failures. */

import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import { DevicePoll } from "../../client/devices/devicePoll.ts";
import type { ModelHost } from "../../client/modelHost.ts";
import { RecentGenerations } from "../../client/recentGenerations.ts";
import type { AutoSuggest } from "../completion/autoSuggest.ts";
import type { Configuration } from "../platform/configuration.ts";
import { registerEngineMessages } from "./engineMessages.ts";
import { registerEngineStatusItem } from "./engineStatusItem.ts";
import { FitReportDocument } from "./fitReportDocument.ts";

export interface RegisterStatusOptions {
	readonly host: ModelHost;
	readonly configuration: Configuration;
	readonly autoSuggest: AutoSuggest;
	readonly openLog: () => void;
}

export interface Status extends Disposable {
	showFitReport(): Promise<void>;
}

export function registerStatus({
	host,
	configuration,
	autoSuggest,
	openLog,
}: RegisterStatusOptions): Status {
	const { supervisor: engine, client, modelSwitch } = host;
	const store = new DisposableStore();
	const sources = {
		engine,
		autoSuggest,
		devices: store.add(new DevicePoll({ engine })),
		recent: store.add(
			new RecentGenerations(client.onDidComplete, engine.onDidChangeStatus),
		),
	};
	const fitReport = store.add(
		new FitReportDocument({ ...sources, configuration }),
	);
	store.add(registerEngineStatusItem(sources));
	store.add(
		registerEngineMessages(engine, {
			restart: () => void host.restart(),
			openLog,
			// A switch reports its own failure.
			isQuiet: () => modelSwitch.isRunning,
		}),
	);
	return {
		showFitReport: () => fitReport.show(),
		dispose: () => store.dispose(),
	};
}
