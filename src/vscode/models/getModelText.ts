/** What "Get Model" says: the rows of its list, its questions and its outcomes. Without an editor. */

import type { Translate } from "../../base/sentence.ts";
import { formatBytes, formatPercent } from "../../base/units.ts";
import { modelBytes } from "../../memory/plan/plan.ts";
import { rejectionText } from "../../memory/report/planText.ts";
import { weightsFileBytes } from "../../memory/shape/quantization.ts";
import { catalogueShape } from "../../models/catalogue/catalogue.ts";
import type { DownloadState } from "../../models/catalogue/downloadState.ts";
import type { Offer, Outlook } from "../../models/choice/rankCatalogue.ts";
import type { DownloadProgress } from "../../models/download/download.ts";
import type { Expected } from "../../models/download/remoteFile.ts";
import type { ErrorCode, HeadroomError } from "../../protocol/errors.ts";
import type { Role } from "../../protocol/model.ts";
import type { Confirmation } from "../platform/confirmation.ts";

export interface OfferRow {
	readonly label: string;
	readonly description: string;
	readonly detail: string;
}

/** Beside words that say the same. */
const icons: Readonly<Record<Outlook["kind"], string>> = {
	runs: "check",
	slow: "watch",
	doesNotFit: "circle-slash",
};

export function offerRow(
	offer: Offer,
	downloadState: DownloadState,
	t: Translate,
): OfferRow {
	const { outlook, entry, parameterCount, recommendedFor } = offer;
	const isHere = downloadState.kind === "complete";
	return {
		label: `$(${isHere ? "database" : icons[outlook.kind]}) ${modelName(offer)}`,
		description: [
			...(isHere ? [t("here already")] : []),
			...recommendedFor.map((role) => recommendedText(role, t)),
			verdictText(offer, t),
		].join(" · "),
		detail: [
			priceText(outlook, t),
			downloadText(offer, downloadState, t),
			entry.license.name,
			t("{count} parameters", { count: countText(parameterCount) }),
		].join(" · "),
	};
}

export function modelName({ entry }: Offer): string {
	return `${entry.name} ${entry.quantization}`;
}

function verdictText({ outlook, recommendedFor }: Offer, t: Translate): string {
	if (outlook.kind === "doesNotFit") return t("does not fit");
	if (outlook.kind === "slow") return t("fits, but slow");
	const { plan, role } = outlook;
	const isInRam = plan.request.placement.gpus.length === 0;
	if (role === "chat" && !recommendedFor.includes(role))
		return isInRam ? t("fits in RAM, for chat") : t("fits, for chat");
	return isInRam ? t("fits in RAM") : t("fits");
}

function priceText(outlook: Outlook, t: Translate): string {
	if (outlook.kind === "doesNotFit") return outlookText(outlook, t);
	return t("takes {bytes}, about {speed} tokens/s", {
		bytes: formatBytes(modelBytes(outlook.plan)),
		speed: speedText(outlook.plan.atFullWindow.tokensPerSecond),
	});
}

function outlookText(
	{ rejection, role }: Exclude<Outlook, { kind: "runs" }>,
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
	offer: Offer,
	downloadState: DownloadState,
	t: Translate,
): string {
	const size = sizeText(offer, t);
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

function sizeText({ entry }: Offer, t: Translate): string {
	return entry.sizeBytes === null
		? t("about {bytes}", {
				bytes: formatBytes(weightsFileBytes(catalogueShape(entry))),
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

/** Before the host is asked for what the catalogue does not know. */
export function askQuestion(
	offer: Offer,
	host: string,
	t: Translate,
): Confirmation {
	return {
		title: t("Ask {host} about {model}?", { host, model: modelName(offer) }),
		detail: [
			...reservations(offer, t),
			t(
				"The catalog has neither the size nor the SHA-256 of this file. Headroom asks {host} for both; nothing is downloaded yet.",
				{ host },
			),
			t("Size: {size}.", { size: sizeText(offer, t) }),
			licenseText(offer, t),
		].join("\n\n"),
		button: t("Ask {host}", { host }),
	};
}

export function downloadQuestion(
	offer: Offer,
	host: string,
	expected: Expected,
	t: Translate,
): Confirmation {
	return {
		title: t("Download {model}?", { model: modelName(offer) }),
		detail: [
			...reservations(offer, t),
			t("{size} from {host} and the Hugging Face hosts that it redirects to.", {
				host,
				size: formatBytes(expected.sizeBytes),
			}),
			licenseText(offer, t),
			expected.from === "catalogue"
				? t("The file is verified against the SHA-256 in Headroom's catalog.")
				: t(
						"The file is verified against the SHA-256 that {host} itself states. This detects transfer errors, but does not prove who made the file.",
						{ host },
					),
		].join("\n\n"),
		button:
			offer.outlook.kind === "runs" ? t("Download") : t("Download Anyway"),
	};
}

/** Why one would rather not, first of all. */
function reservations(offer: Offer, t: Translate): readonly string[] {
	const { outlook } = offer;
	return outlook.kind === "runs"
		? []
		: [
				t("On this machine, {model} {why}.", {
					model: modelName(offer),
					why: outlookText(outlook, t),
				}),
			];
}

function licenseText({ entry: { license } }: Offer, t: Translate): string {
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

/** After which another attempt goes on from where this one ended. */
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
