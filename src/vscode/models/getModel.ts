/** "Get Model": the catalog as a list, each model with what it would take here and how fast it would be. */

import * as vscode from "vscode";
import type { Disposable } from "../../base/disposable.ts";
import { type Result, success } from "../../base/result.ts";
import { readCatalog } from "../../models/catalog/catalog.ts";
import {
	type DownloadState,
	downloadStates,
} from "../../models/catalog/downloadState.ts";
import {
	type RankedModel,
	rankCatalog,
} from "../../models/choice/rankCatalog.ts";
import type { Device } from "../../protocol/device.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import { describeError } from "../platform/localize.ts";
import { type DownloadContext, downloadFromCatalog } from "./downloadModel.ts";
import { type CatalogRow, catalogRow, modelName } from "./getModelText.ts";
import { tellModelNews } from "./useModel.ts";

export interface GetModelContext extends DownloadContext {
	/** `media/catalog.json` of the extension. */
	readonly catalogFile: string;
	/** What this machine has, as it is now. */
	readonly devices: () => Promise<Result<readonly Device[], HeadroomError>>;
}

interface Row extends CatalogRow, vscode.QuickPickItem {
	readonly label: string;
	readonly description: string;
	readonly detail: string;
	readonly ranked: RankedModel;
	readonly downloadState: DownloadState;
}

export function registerGetModel(context: GetModelContext): Disposable {
	return vscode.commands.registerCommand("headroom.getModel", () =>
		getModel(context),
	);
}

async function getModel(context: GetModelContext): Promise<void> {
	const row = await pickRow(context);
	if (!row) return;
	const { ranked, downloadState } = row;
	if (downloadState.kind === "complete")
		await tellModelNews(
			{
				severity: "info",
				text: vscode.l10n.t("{model} is already installed.", {
					model: modelName(ranked),
				}),
				file: downloadState.file,
			},
			context.useModel,
		);
	else await downloadFromCatalog(ranked, context);
}

/** The list stands at once, and is filled when the machine has told of itself. Undefined where it was left. */
function pickRow(context: GetModelContext): Promise<Row | undefined> {
	const { t } = vscode.l10n;
	return new Promise((resolve) => {
		const pick = vscode.window.createQuickPick<Row>();
		pick.title = t("Get Model");
		pick.placeholder = t("Checking what fits on this machine...");
		pick.matchOnDescription = true;
		pick.matchOnDetail = true;
		pick.busy = true;
		pick.onDidAccept(() => {
			const [row] = pick.selectedItems;
			if (!row) return;
			resolve(row);
			pick.hide();
		});
		pick.onDidHide(() => {
			resolve(undefined);
			pick.dispose();
		});
		pick.show();
		void rowsOf(context).then((rows) => {
			if (!rows.ok) {
				pick.hide();
				void vscode.window.showErrorMessage(
					`Headroom: ${describeError(rows.error)}`,
				);
				return;
			}
			pick.busy = false;
			pick.placeholder = t(
				"Nothing is downloaded until you confirm the host, size and license",
			);
			pick.items = rows.value;
		});
	});
}

/** Opens no connection: prices follow from the catalog. */
async function rowsOf({
	catalogFile,
	devices,
	folder,
}: GetModelContext): Promise<Result<readonly Row[], HeadroomError>> {
	const [catalog, machine] = await Promise.all([
		readCatalog(catalogFile),
		devices(),
	]);
	if (!catalog.ok) return catalog;
	if (!machine.ok) return machine;
	const ranking = rankCatalog(catalog.value, machine.value);
	const states = await downloadStates(
		folder,
		ranking.map(({ entry }) => entry),
	);
	return success(
		ranking.map((ranked, index) => {
			const downloadState = states[index] ?? { kind: "none" };
			const row = catalogRow(ranked, downloadState, vscode.l10n.t);
			return { ...row, ranked, downloadState };
		}),
	);
}
