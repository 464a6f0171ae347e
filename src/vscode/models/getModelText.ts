/** The texts of "Get Model": rows, questions and results. Does not need an editor. */

import type { Translate } from "../../base/sentence.ts";
import { formatBytes, formatPercent } from "../../base/units.ts";
import { modelBytes } from "../../memory/plan/plan.ts";
import { rejectionText } from "../../memory/report/planText.ts";
import { weightsFileBytes } from "../../memory/shape/quantization.ts";
import { catalogShape } from "../../models/catalog/catalog.ts";
import type { DownloadState } from "../../models/catalog/downloadState.ts";
import type {
	PredictedFit,
	RankedModel,
} from "../../models/choice/rankCatalog.ts";
import type { DownloadProgress } from "../../models/download/download.ts";
import type { Expected } from "../../models/download/remoteFile.ts";
import type { ErrorCode, HeadroomError } from "../../protocol/errors.ts";
import type { Role } from "../../protocol/model.ts";
import type { Confirmation } from "../platform/confirmation.ts";

export interface CatalogRow {
	readonly label: string;
	readonly description: string;
	readonly detail: string;
}

/** Each repeats what the words say. */
const icons: Readonly<Record<PredictedFit["kind"], string>> = {
	runs: "check",
	slow: "watch",
	doesNotFit: "circle-slash",
};

export function catalogRow(
	ranked: RankedModel,
	downloadState: DownloadState,
	t: Translate,
): CatalogRow {
	const { fit, entry, parameterCount, recommendedFor } = ranked;
	const isHere = downloadState.kind === "complete";
	return {
		label: `$(${isHere ? "database" : icons[fit.kind]}) ${modelName(ranked)}`,
		description: [
			...(isHere ? [t("here already")] : []),
			...recommendedFor.map((role) => recommendedText(role, t)),
			verdictText(ranked, t),
		].join(" · "),
		detail: [
			priceText(fit, t),
			downloadText(ranked, downloadState, t),
			entry.license.name,
			t("{count} parameters", { count: countText(parameterCount) }),
		].join(" · "),
	};
}

export function modelName({ entry }: RankedModel): string {
	return `${entry.name} ${entry.quantization}`;
}

function verdictText(
	{ fit, recommendedFor }: RankedModel,
	t: Translate,
): string {
	if (fit.kind === "doesNotFit") return t("does not fit");
	if (fit.kind === "slow") return t("fits, but slow");
	const { plan, role } = fit;
	const isInRam = plan.request.placement.gpus.length === 0;
	if (role === "chat" && !recommendedFor.includes(role))
		return isInRam ? t("fits in RAM, for chat") : t("fits, for chat");
	return isInRam ? t("fits in RAM") : t("fits");
}

function priceText(fit: PredictedFit, t: Translate): string {
	if (fit.kind === "doesNotFit") return fitText(fit, t);
	return t("takes {bytes}, about {speed} tokens/s", {
		bytes: formatBytes(modelBytes(fit.plan)),
		speed: speedText(fit.plan.atFullWindow.tokensPerSecond),
	});
}

function fitText(
	{ rejection, role }: Exclude<PredictedFit, { kind: "runs" }>,
	t: Translate,
): string {
	return rejectionText(rejection, role, t);
}

function recommendedText(role: Role, t: Translate): string {
	return role === "completion"
		? t("recommended for completion")
		: t("recommended for chat");
}

function downloadText(
	ranked: RankedModel,
	downloadState: DownloadState,
	t: Translate,
): string {
	const size = sizeText(ranked, t);
	switch (downloadState.kind) {
		case "complete":
			return size;
		case "partial":
			return t("{done} of {size} downloaded", {
				done: formatBytes(downloadState.doneBytes),
				size,
			});
		case "none":
			return t("{size} to download", { size });
	}
}

function sizeText({ entry }: RankedModel, t: Translate): string {
	return entry.sizeBytes === null
		? t("about {bytes}", {
				bytes: formatBytes(weightsFileBytes(catalogShape(entry))),
			})
		: formatBytes(entry.sizeBytes);
}

function countText(count: number): string {
	return count < 1e9
		? `${Math.round(count / 1e6)}M`
		: `${(count / 1e9).toFixed(1)}B`;
}

function speedText(tokensPerSecond: number): string {
	return tokensPerSecond < 10
		? tokensPerSecond.toFixed(1)
		: String(Math.round(tokensPerSecond));
}

/** Asks for consent to query the host for what the catalog lacks. */
export function askQuestion(
	ranked: RankedModel,
	host: string,
	t: Translate,
): Confirmation {
	return {
		title: t("Ask {host} about {model}?", { host, model: modelName(ranked) }),
		detail: [
			...reservations(ranked, t),
			t(
				"The catalog has neither the size nor the SHA-256 of this file. Headroom asks {host} for both; nothing is downloaded yet.",
				{ host },
			),
			t("Size: {size}.", { size: sizeText(ranked, t) }),
			licenseText(ranked, t),
		].join("\n\n"),
		button: t("Ask {host}", { host }),
	};
}

export function downloadQuestion(
	ranked: RankedModel,
	host: string,
	expected: Expected,
	t: Translate,
): Confirmation {
	return {
		title: t("Download {model}?", { model: modelName(ranked) }),
		detail: [
			...reservations(ranked, t),
			t("{size} from {host} and the Hugging Face hosts that it redirects to.", {
				host,
				size: formatBytes(expected.sizeBytes),
			}),
			licenseText(ranked, t),
			expected.from === "catalog"
				? t("The file is verified against the SHA-256 in Headroom's catalog.")
				: t(
						"The file is verified against the SHA-256 that {host} itself states. This detects transfer errors, but does not prove who made the file.",
						{ host },
					),
		].join("\n\n"),
		button: ranked.fit.kind === "runs" ? t("Download") : t("Download Anyway"),
	};
}

/** Warnings come first. */
function reservations(ranked: RankedModel, t: Translate): readonly string[] {
	const { fit } = ranked;
	return fit.kind === "runs"
		? []
		: [
				t("On this machine, {model} {why}.", {
					model: modelName(ranked),
					why: fitText(fit, t),
				}),
			];
}

function licenseText(
	{ entry: { license } }: RankedModel,
	t: Translate,
): string {
	return t("License: {license}, {url}", {
		license: license.name,
		url: license.url,
	});
}

export function progressText(
	{ kind, doneBytes, totalBytes }: DownloadProgress,
	t: Translate,
): string {
	const values = {
		done: formatBytes(doneBytes),
		total: formatBytes(totalBytes),
		percent: formatPercent(totalBytes > 0 ? doneBytes / totalBytes : 0),
	};
	return kind === "checking"
		? t("verifying the part already downloaded: {done} of {total}", values)
		: t("{done} of {total} ({percent})", values);
}

/** Errors after which a retry resumes the download. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
	"diskFull",
	"diskTooSmall",
	"downloadBroken",
	"downloadHostFails",
	"downloadProxy",
	"downloadTooMany",
	"downloadUnreachable",
]);

export function mayContinue({ code }: HeadroomError): boolean {
	return passing.has(code);
}
