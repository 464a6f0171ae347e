/** Ranks the models of the catalog by how well they would run on this machine, predicted before anything is downloaded. */

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
import { type CatalogEntry, catalogShape } from "../catalog/catalog.ts";

export type PredictedFit =
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

export interface RankedModel {
	readonly entry: CatalogEntry;
	/** For the role that it serves best; in a tie, the one that the catalog names first. */
	readonly fit: PredictedFit;
	readonly parameterCount: number;
	/** The roles for which it is the best of the catalog on this machine. */
	readonly recommendedFor: readonly Role[];
}

const roles: readonly Role[] = ["completion", "chat"];

/** Recommended models first, then by fit and size. Models that do not fit come last, the smallest first. */
export function rankCatalog(
	entries: readonly CatalogEntry[],
	devices: readonly Device[],
): readonly RankedModel[] {
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
			fit: predictFit(candidate, devices),
			parameterCount: candidate.shape.parameterCount,
			recommendedFor: best
				.filter(({ choice }) => chosenModel(choice) === candidate)
				.map(({ role }) => role),
		}))
		.sort(betterFirst);
}

function asCandidate(entry: CatalogEntry): Candidate {
	const { name, quantization, roles } = entry;
	return { name, quantization, roles, shape: catalogShape(entry) };
}

function chosenModel(choice: Choice): Plan["request"]["model"] | undefined {
	return choice.kind === "chosen" ? choice.plan.request.model : undefined;
}

const fitOrder: readonly PredictedFit["kind"][] = [
	"runs",
	"slow",
	"doesNotFit",
];

function predictFit(
	candidate: Candidate,
	devices: readonly Device[],
): PredictedFit {
	const [best] = candidate.roles
		.map((role) =>
			asFit(choosePlan({ role, candidates: [candidate], devices })),
		)
		.sort((a, b) => fitOrder.indexOf(a.kind) - fitOrder.indexOf(b.kind));
	assert(best, "a model of the catalog has a role");
	return best;
}

/** @param choice with a single candidate. */
function asFit(choice: Choice): PredictedFit {
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

function betterFirst(a: RankedModel, b: RankedModel): number {
	const larger = b.parameterCount - a.parameterCount;
	return rank(a) - rank(b) || (a.fit.kind === "doesNotFit" ? -larger : larger);
}

function rank({ fit, recommendedFor }: RankedModel): number {
	const role = roles.findIndex((it) => recommendedFor.includes(it));
	return role >= 0 ? role : roles.length + fitOrder.indexOf(fit.kind);
}
