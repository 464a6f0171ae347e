/** The fit report as a document that is only read: what the loaded model takes of memory, and why it fits. */

import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../base/disposable.ts";
import type { DevicePoll } from "../client/devicePoll.ts";
import { fitReport } from "../memory/fitReport.ts";
import { readModel } from "../models/readModel.ts";
import type { EngineStatusSource } from "./engineStatusItem.ts";
import { describeError } from "./localize.ts";

const reportUri = vscode.Uri.from({
	scheme: "headroom-report",
	path: "/Headroom Fit Report.txt",
});

export class FitReport implements Disposable {
	readonly #engine: EngineStatusSource;
	readonly #devices: DevicePoll;
	readonly #store = new DisposableStore();
	readonly #onDidChange = this.#store.add(
		new vscode.EventEmitter<vscode.Uri>(),
	);

	constructor(engine: EngineStatusSource, devices: DevicePoll) {
		this.#engine = engine;
		this.#devices = devices;
		this.#store.add(
			vscode.workspace.registerTextDocumentContentProvider(reportUri.scheme, {
				onDidChange: this.#onDidChange.event,
				provideTextDocumentContent: () => this.#text(),
			}),
		);
	}

	async show(): Promise<void> {
		// One that is open already tells of what was.
		this.#onDidChange.fire(reportUri);
		await vscode.window.showTextDocument(reportUri, { preview: true });
	}

	dispose(): void {
		this.#store.dispose();
	}

	async #text(): Promise<string> {
		const { t } = vscode.l10n;
		const { status } = this.#engine;
		if (status.kind !== "ready" && status.kind !== "generating")
			return t("No model is loaded.");
		const { devices } = this.#devices;
		if (devices.length === 0)
			return t(
				"What is free is not known yet: it is asked for while this window has the focus and the status bar is shown.",
			);
		const { name, quantization, file } = status.model;
		const reading = await readModel([file]);
		if (reading.kind === "broken") return describeError(reading.error);
		const shape = reading.kind === "model" ? reading.content.shape : undefined;
		if (!shape?.ok)
			return t("What {model} takes of memory is not known from its header.", {
				model: name,
			});
		const { warning } = status.load;
		return [
			...(warning ? [describeError(warning), ""] : []),
			...fitReport({
				model: { name, quantization, shape: shape.value },
				load: status.load,
				devices,
			}),
		].join("\n");
	}
}
