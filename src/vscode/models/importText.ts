/** The texts of "Import Model File": progress and result. Does not need an editor. */

import type { Translate } from "../../base/sentence.ts";
import { formatBytes, formatPercent } from "../../base/units.ts";
import type {
	ImportedFile,
	ImportProgress,
} from "../../models/folder/importFile.ts";
import type { ImportOutcome } from "../../models/folder/importModel.ts";
import { errorText } from "../../protocol/errors.ts";
import type { ModelNews } from "./useModel.ts";

/** Keeps a message readable when a whole disk is imported. */
const maxNames = 5;

/** Summarizes the import in one message. */
export function importSummary(
	{ files, cancelled }: ImportOutcome,
	t: Translate,
): ModelNews {
	const imported = files.filter((it) => it.kind === "imported");
	const there = files.filter((it) => it.kind === "alreadyThere");
	const failed = files.filter((it) => it.kind === "failed");
	const sentences = [
		...(cancelled ? [t("The import was cancelled.")] : []),
		...(imported.length > 0
			? [t("Imported: {names}.", { names: named(imported, t) })]
			: []),
		...(there.length > 0
			? [
					t("Already in Headroom's folder: {names}.", {
						names: named(there, t),
					}),
				]
			: []),
		...failed.slice(0, maxNames).map(({ error }) => errorText(error, t)),
		...(failed.length > maxNames
			? [
					t("{count} more could not be imported.", {
						count: String(failed.length - maxNames),
					}),
				]
			: []),
	];
	const [only, ...others] = imported.length > 0 ? imported : there;
	return {
		severity:
			failed.length === 0
				? "info"
				: failed.length < files.length
					? "warning"
					: "error",
		text: sentences.join(" "),
		file: others.length === 0 ? only?.file : undefined,
	};
}

function named(files: readonly ImportedFile[], t: Translate): string {
	const names = files
		.slice(0, maxNames)
		.map(({ source }) => baseName(source))
		.join(", ");
	return files.length > maxNames
		? t("{names} and {count} more", {
				names,
				count: String(files.length - maxNames),
			})
		: names;
}

export function importProgressText(
	{ kind, file, doneBytes, totalBytes }: ImportProgress,
	t: Translate,
): string {
	const values = {
		file: baseName(file),
		total: formatBytes(totalBytes),
		percent: formatPercent(totalBytes > 0 ? doneBytes / totalBytes : 0),
	};
	return kind === "checking"
		? t("verifying {file}: {percent} of {total}", values)
		: t("copying {file}: {percent} of {total}", values);
}

function baseName(file: string): string {
	return file.split(/[\\/]/).at(-1) ?? file;
}
