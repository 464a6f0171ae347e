/** The fit report as a read-only document: memory use of the loaded model, and speculative decoding. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../base/disposable.ts";
import { fitReportText } from "../../memory/report/fitReportText.ts";
import { speculationText } from "../../memory/report/speculationText.ts";
import { readModel } from "../../models/header/readModel.ts";
import type { Configuration } from "../platform/configuration.ts";
import { describeError } from "../platform/localize.ts";
import type { GaugeSources } from "./engineStatusItem.ts";

const reportUri = vscode.Uri.from({
	scheme: "headroom-report",
	path: "/Headroom Fit Report.txt",
});

export interface FitReportSources
	extends Pick<GaugeSources, "engine" | "devices" | "recent"> {
	readonly configuration: Configuration;
}

export class FitReportDocument implements Disposable {
	readonly #sources: FitReportSources;
	readonly #store = new DisposableStore();
	readonly #onDidChange = this.#store.add(
		new vscode.EventEmitter<vscode.Uri>(),
	);

	constructor(sources: FitReportSources) {
		this.#sources = sources;
		this.#store.add(
			vscode.workspace.registerTextDocumentContentProvider(reportUri.scheme, {
				onDidChange: this.#onDidChange.event,
				provideTextDocumentContent: () => this.#text(),
			}),
		);
	}

	async show(): Promise<void> {
		// A report that is already open is stale.
		this.#onDidChange.fire(reportUri);
		await vscode.window.showTextDocument(reportUri, { preview: true });
	}

	dispose(): void {
		this.#store.dispose();
	}

	async #text(): Promise<string> {
		const { t } = vscode.l10n;
		const {
			engine: { status },
			devices: { devices },
			recent: { counters },
			configuration: { settings },
		} = this.#sources;
		if (status.kind !== "ready" && status.kind !== "generating")
			return t("No model is loaded.");
		if (devices.length === 0)
			return t(
				"The free memory is not known yet. Headroom queries it while this window has focus and the status bar is visible.",
			);
		const { name, quantization, file } = status.model;
		const reading = await readModel([file]);
		if (reading.kind === "broken") return describeError(reading.error);
		const shape = reading.kind === "model" ? reading.content.shape : undefined;
		if (!shape?.ok)
			return t(
				"The memory use of {model} cannot be computed from its header.",
				{
					model: name,
				},
			);
		const { load } = status;
		const { warning } = load;
		return [
			...(warning ? [describeError(warning), ""] : []),
			...fitReportText(
				{
					model: { name, quantization, shape: shape.value },
					load,
					devices,
				},
				t,
			),
			"",
			...speculationText(
				{
					setting: settings.speculation,
					shape: shape.value,
					load,
					counters: counters.speculation,
				},
				t,
			),
		].join("\n");
	}
}
