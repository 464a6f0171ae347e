/** Downloads a model of the catalog after the user confirmed it, and reports how that ended. */

import * as vscode from "vscode";
import type { Result } from "../../base/result.ts";
import { formatBytes } from "../../base/units.ts";
import { expectedOf } from "../../models/catalog/catalog.ts";
import {
	type DownloadSource,
	downloadSource,
} from "../../models/catalog/downloadSource.ts";
import type { RankedModel } from "../../models/choice/rankCatalog.ts";
import {
	type DownloadOutcome,
	type DownloadProgress,
	discardDownload,
	downloadModel,
} from "../../models/download/download.ts";
import { askHost, type Expected } from "../../models/download/remoteFile.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { Configuration } from "../platform/configuration.ts";
import { confirm } from "../platform/confirmation.ts";
import { describeError } from "../platform/localize.ts";
import { withUserProgress } from "../platform/userProgress.ts";
import {
	askQuestion,
	downloadQuestion,
	mayContinue,
	modelName,
	progressText,
} from "./getModelText.ts";
import { tellModelNews } from "./useModel.ts";

export interface DownloadContext {
	readonly configuration: Configuration;
	/** Absolute path of the folder of the models. */
	readonly folder: string;
	readonly useModel: (file: string) => Promise<void>;
}

/** Nothing connects to anywhere before the click in a modal that names the host. */
export async function downloadFromCatalog(
	ranked: RankedModel,
	context: DownloadContext,
): Promise<void> {
	const { settings } = context.configuration;
	const source = downloadSource(ranked.entry, {
		proxy: settings["download.proxy"],
		mirror: settings["download.mirror"],
	});
	const expected =
		expectedOf(ranked.entry) ?? (await askForExpected(ranked, source));
	if (!expected) return;
	const question = downloadQuestion(
		ranked,
		source.host,
		expected,
		vscode.l10n.t,
	);
	if (!(await confirm(question, "info"))) return;
	while ((await downloadOnce(ranked, source, expected, context)) === "again");
}

/** Undefined where the user said no, cancelled, or was told what went wrong. */
async function askForExpected(
	ranked: RankedModel,
	source: DownloadSource,
): Promise<Expected | undefined> {
	const { t } = vscode.l10n;
	const { host } = source;
	if (!(await confirm(askQuestion(ranked, host, t), "info"))) return undefined;
	const asked = await withUserProgress(t("Asking {host}", { host }), (signal) =>
		askHost(source, signal),
	);
	if (asked.ok) return asked.value;
	void vscode.window.showErrorMessage(
		`Headroom: ${describeError(asked.error)}`,
	);
	return undefined;
}

async function downloadOnce(
	ranked: RankedModel,
	source: DownloadSource,
	expected: Expected,
	{ folder, useModel }: DownloadContext,
): Promise<"again" | "over"> {
	const { t } = vscode.l10n;
	const model = modelName(ranked);
	let last: DownloadProgress | undefined;
	const downloaded: Result<DownloadOutcome, HeadroomError> =
		await withUserProgress(
			t("Downloading {model}", { model }),
			(signal, report) =>
				downloadModel({
					...source,
					expected,
					folder,
					signal,
					onProgress(progress) {
						last = progress;
						const { doneBytes, totalBytes } = progress;
						report({
							message: progressText(progress, t),
							fraction: doneBytes / totalBytes,
						});
					},
				}),
		);
	if (!downloaded.ok) return await tellFailure(downloaded.error);
	const outcome = downloaded.value;
	switch (outcome.kind) {
		case "downloaded":
			void tellModelNews(
				{
					severity: "info",
					text: t("{model} was downloaded and verified.", { model }),
					file: outcome.file,
				},
				useModel,
			);
			return "over";
		case "alreadyThere":
			void tellModelNews(
				{
					severity: "info",
					text: t("{model} was already installed.", { model }),
					file: outcome.file,
				},
				useModel,
			);
			return "over";
		case "cancelled":
			return await tellCancelled(ranked, last?.doneBytes ?? 0, folder);
	}
}

async function tellFailure(error: HeadroomError): Promise<"again" | "over"> {
	const again = vscode.l10n.t("Continue");
	const chosen = await vscode.window.showErrorMessage(
		`Headroom: ${describeError(error)}`,
		...(mayContinue(error) ? [again] : []),
	);
	return chosen === again ? "again" : "over";
}

async function tellCancelled(
	ranked: RankedModel,
	doneBytes: number,
	folder: string,
): Promise<"again" | "over"> {
	const { t } = vscode.l10n;
	const again = t("Continue");
	const discard = t("Discard");
	const chosen = await vscode.window.showInformationMessage(
		t(
			"The download of {model} was stopped. The {bytes} received so far are kept.",
			{
				model: modelName(ranked),
				bytes: formatBytes(doneBytes),
			},
		),
		again,
		discard,
	);
	if (chosen === discard) {
		const { fileName } = ranked.entry;
		const discarded = await discardDownload({ folder, fileName });
		if (!discarded.ok)
			void vscode.window.showErrorMessage(
				`Headroom: ${describeError(discarded.error)}`,
			);
	}
	return chosen === again ? "again" : "over";
}
