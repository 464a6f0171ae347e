/** Ranks the models of the catalogue by how well they would run on this machine, predicted before anything is downloaded. */

import { assert } from "../../base/assert.ts";
import {
	type Candidate,
	type Choice,
	choosePlan,
	type Rejection,
} from "../../memory/plan/choosePlan.ts";
import type { Plan } from "../../memory/plan/plan.ts";
import type { Device } from "../../protocol/device.ts";
import type { Role } from "../../protocol/model.ts";
import { type CatalogueEntry, catalogueShape } from "../catalogue/catalogue.ts";

export type Outlook =
	/** It stays in fast memory and is fast enough for the role. */
	| { readonly kind: "runs"; readonly role: Role; readonly plan: Plan }
	/** It fits, but is fast enough for no role. */
	| {
			readonly kind: "slow";
			readonly role: Role;
			readonly plan: Plan;
			readonly rejection: Rejection;
	  }
	| {
			readonly kind: "doesNotFit";
			readonly role: Role;
			readonly rejection: Rejection;
	  };

export interface Offer {
	readonly entry: CatalogueEntry;
	/** For the role that it serves best; in a tie, the one that the catalogue names first. */
	readonly outlook: Outlook;
	readonly parameterCount: number;
	/** The roles for which it is the best of the catalogue on this machine. */
	readonly recommendedFor: readonly Role[];
}

const roles: readonly Role[] = ["completion", "chat"];

/** Recommended models first, then by fit and size. Models that do not fit come last, the smallest first. */
export function rankCatalogue(
	entries: readonly CatalogueEntry[],
	devices: readonly Device[],
): readonly Offer[] {
	const priced = entries.map((entry) => ({
		entry,
		candidate: asCandidate(entry),
	}));
	const candidates = priced.map(({ candidate }) => candidate);
	const best = roles.map((role) => ({
		role,
		choice: choosePlan({ role, candidates, devices }),
	}));
	return priced
		.map(({ entry, candidate }) => ({
			entry,
			outlook: outlookOf(candidate, devices),
			parameterCount: candidate.shape.parameterCount,
			recommendedFor: best
				.filter(({ choice }) => chosenModel(choice) === candidate)
				.map(({ role }) => role),
		}))
		.sort(betterFirst);
}

function asCandidate(entry: CatalogueEntry): Candidate {
	const { name, quantization, roles } = entry;
	return { name, quantization, roles, shape: catalogueShape(entry) };
}

function chosenModel(choice: Choice): Plan["request"]["model"] | undefined {
	return choice.kind === "chosen" ? choice.plan.request.model : undefined;
}

const outlooks: readonly Outlook["kind"][] = ["runs", "slow", "doesNotFit"];

function outlookOf(candidate: Candidate, devices: readonly Device[]): Outlook {
	const [best] = candidate.roles
		.map((role) =>
			asOutlook(choosePlan({ role, candidates: [candidate], devices })),
		)
		.sort((a, b) => outlooks.indexOf(a.kind) - outlooks.indexOf(b.kind));
	assert(best, "a model of the catalogue has a role");
	return best;
}

/** @param choice with a single candidate. */
function asOutlook(choice: Choice): Outlook {
	const { role } = choice;
	if (choice.kind === "chosen")
		return { kind: "runs", role, plan: choice.plan };
	// A model that does not fit on the GPUs counts as not fitting, even if it would run slowly on the CPU.
	const onGpus = choice.insteadOf ?? choice;
	const [passedOver] = onGpus.passedOver;
	assert(passedOver, "a model that was not chosen was passed over");
	const { rejection } = passedOver;
	return choice.kind === "tooSlow" && onGpus.kind !== "nothingFits"
		? { kind: "slow", role, plan: choice.plan, rejection }
		: { kind: "doesNotFit", role, rejection };
}

function betterFirst(a: Offer, b: Offer): number {
	const larger = b.parameterCount - a.parameterCount;
	return (
		rank(a) - rank(b) || (a.outlook.kind === "doesNotFit" ? -larger : larger)
	);
}

function rank({ outlook, recommendedFor }: Offer): number {
	const role = roles.findIndex((it) => recommendedFor.includes(it));
	return role >= 0 ? role : roles.length + outlooks.indexOf(outlook.kind);
}
