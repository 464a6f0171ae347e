/** "Remove Model": lists what the extension put into its folder, and removes what the user confirms. */

import * as vscode from "vscode";
import type { Disposable } from "../../base/disposable.ts";
import {
	isSamePath,
	type OwnModel,
	ownModels,
} from "../../models/folder/ownModels.ts";
import { removeModel } from "../../models/folder/removeModel.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { Configuration } from "../platform/configuration.ts";
import { confirm } from "../platform/confirmation.ts";
import { describeError } from "../platform/localize.ts";
import { type RemovalRow, removalQuestion, removalRow } from "./removeText.ts";

export interface RemoveModelContext {
	readonly configuration: Configuration;
	/** Absolute path of the folder of the models. */
	readonly folder: string;
}

export function registerRemoveModel(context: RemoveModelContext): Disposable {
	return vscode.commands.registerCommand("headroom.removeModel", () =>
		pickAndRemove(context),
	);
}

async function pickAndRemove({
	configuration,
	folder,
}: RemoveModelContext): Promise<void> {
	const { t } = vscode.l10n;
	const models = await ownModels(folder);
	if (!models.ok) return showError(models.error);
	if (models.value.length === 0) {
		void vscode.window.showInformationMessage(
			t(
				"There is nothing to remove: Headroom has not downloaded or imported any models. It never removes files of other tools.",
			),
		);
		return;
	}
	const isChosen = ({ file }: OwnModel) =>
		isSamePath(file, configuration.settings["model.file"]);
	const rows: readonly (RemovalRow & { readonly model: OwnModel })[] =
		models.value.map((model) => ({
			...removalRow(model, isChosen(model), t),
			model,
		}));
	const picked = await vscode.window.showQuickPick(rows, {
		title: t("Remove Model"),
		placeHolder: t("Lists only models that Headroom downloaded or imported"),
	});
	if (!picked) return;
	const { model } = picked;
	if (!(await confirm(removalQuestion(model, t), "warning"))) return;
	// The engine is not to look for a file that is gone.
	if (isChosen(model)) await configuration.set("model.file", "");
	const removed = await removeModel(folder, model.file);
	if (!removed.ok) return showError(removed.error);
	void vscode.window.showInformationMessage(
		t("Removed {file}.", { file: model.fileName }),
	);
}

function showError(error: HeadroomError): void {
	void vscode.window.showErrorMessage(`Headroom: ${describeError(error)}`);
}
