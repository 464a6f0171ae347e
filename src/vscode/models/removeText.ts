/** The texts of "Remove Model": rows and questions. Does not need an editor. */

import type { Translate } from "../../base/sentence.ts";
import { formatBytes } from "../../base/units.ts";
import type { OwnModel } from "../../models/folder/ownModels.ts";
import type { Confirmation } from "../platform/confirmation.ts";

export interface RemovalRow {
	readonly label: string;
	readonly description: string;
	readonly detail: string;
}

export function removalRow(
	model: OwnModel,
	isInUse: boolean,
	t: Translate,
): RemovalRow {
	const size = formatBytes(model.sizeBytes);
	return {
		label: model.fileName,
		description: isInUse ? t("{size}, in use", { size }) : size,
		detail: originText(model, t),
	};
}

function originText({ how, source, addedAt }: OwnModel, t: Translate): string {
	const values = { source, date: addedAt.slice(0, 10) };
	switch (how) {
		case "downloaded":
			return t("downloaded on {date} from {source}", values);
		case "copied":
			return t("copied on {date} from {source}", values);
		case "hardLinked":
			return t("hard link to {source}, created on {date}", values);
		case "symlinked":
			return t("symbolic link to {source}, created on {date}", values);
	}
}

export function removalQuestion(model: OwnModel, t: Translate): Confirmation {
	const { fileName, how, source, sizeBytes } = model;
	const size = formatBytes(sizeBytes);
	return {
		title: t("Remove {file}?", { file: fileName }),
		detail:
			how === "hardLinked" || how === "symlinked"
				? t(
						"Only the link in Headroom's folder is removed. {source} is kept.",
						{
							source,
						},
					)
				: t("This deletes {size} from this machine.", { size }),
		button: t("Remove"),
	};
}
