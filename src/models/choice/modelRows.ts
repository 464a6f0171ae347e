/** The rows of the model picker: memory and speed of each installed model, or the reason why it cannot be used. */

import type { Result } from "../../base/result.ts";
import { type Concession, choosePlan } from "../../memory/plan/choosePlan.ts";
import { admits, type Plan, partialOffload } from "../../memory/plan/plan.ts";
import type { ShapeProblem } from "../../memory/shape/headerKeys.ts";
import type { Device } from "../../protocol/device.ts";
import type { HeadroomError } from "../../protocol/errors.ts";
import type { Role } from "../../protocol/model.ts";
import type { ListedModel } from "../library/modelLibrary.ts";
import {
	candidateOf,
	isShipped,
	mayRecommend,
	recommendModel,
} from "./recommendModel.ts";

type UnpricedReason =
	| { readonly kind: "header"; readonly problem: ShapeProblem }
	| { readonly kind: "devices"; readonly error: HeadroomError };

type RowVerdict =
	/** It stays in fast memory and is fast enough for the role. */
	| {
			readonly kind: "fits";
			readonly plan: Plan;
			readonly concessions: readonly Concession[];
	  }
	/** It can be loaded, but is slower than the role needs. */
	| { readonly kind: "slow"; readonly plan: Plan }
	/** Its memory cannot be computed from the header, or the devices are unknown. */
	| { readonly kind: "unpriced"; readonly why: UnpricedReason }
	/** With the plan that comes closest, and one that fits with other settings. */
	| {
			readonly kind: "doesNotFit";
			readonly plan: Plan;
			readonly instead: Plan | undefined;
	  }
	/** It does not serve the role. */
	| { readonly kind: "otherRole" }
	| { readonly kind: "broken"; readonly error: HeadroomError };

/** In display order. */
export const rowGroups = [
	"recommended",
	"fits",
	"doesNotFit",
	"unusable",
] as const;
export type RowGroup = (typeof rowGroups)[number];

export interface ModelRow {
	readonly model: ListedModel;
	readonly role: Role;
	readonly group: RowGroup;
	readonly verdict: RowVerdict;
	readonly isBuiltIn: boolean;
	/** It may not be trained for the role, and is never recommended. */
	readonly isDoubtful: boolean;
	/** It has no tokens for fill-in-the-middle: it completes from the text before the cursor alone, and only where it is chosen. */
	readonly isPrefixOnly?: boolean;
	/** A model for chat that fits only while that for completion is unloaded. */
	readonly takesTurns?: boolean;
}

export interface RowsRequest {
	readonly role: Role;
	readonly models: readonly ListedModel[];
	/** Without the memory that the loaded model holds. */
	readonly devices: Result<readonly Device[], HeadroomError>;
	/** The fallback: recommended where nothing else is, and never refused. */
	readonly builtInFile: string;
	/** Whether layers may stay in RAM where the model does not fit on the GPU. */
	readonly allowsPartial: boolean;
}

/** The recommended one first, then the largest first; broken files last. */
export function modelRows(request: RowsRequest): readonly ModelRow[] {
	const { role, models, devices, builtInFile } = request;
	const installed = models.filter((it) => !isShipped(it, builtInFile));
	const recommended = devices.ok
		? recommendModel(installed, role, devices.value).model?.file
		: undefined;
	const rows = models.map((model): ModelRow => {
		const verdict = verdictOf(model, request);
		const isBuiltIn = model.file === builtInFile;
		const group = groupOf(verdict, isBuiltIn);
		const isRecommended = model.file === (recommended ?? builtInFile);
		return {
			model,
			role,
			verdict,
			group: group === "fits" && isRecommended ? "recommended" : group,
			isBuiltIn,
			isDoubtful: !mayRecommend(model, role),
			...(isPrefixOnly(model, role) && { isPrefixOnly: true }),
		};
	});
	return rows.sort(
		(a, b) =>
			rowGroups.indexOf(a.group) - rowGroups.indexOf(b.group) ||
			Number(a.verdict.kind === "broken") -
				Number(b.verdict.kind === "broken") ||
			Number(a.isPrefixOnly ?? false) - Number(b.isPrefixOnly ?? false) ||
			parameterCount(b) - parameterCount(a) ||
			b.model.sizeBytes - a.model.sizeBytes,
	);
}

/** Whether choosing the row loads it. */
export function mayChoose({ group }: ModelRow): boolean {
	return group === "recommended" || group === "fits";
}

function groupOf({ kind }: RowVerdict, isBuiltIn: boolean): RowGroup {
	switch (kind) {
		case "fits":
		case "slow":
		case "unpriced":
			return "fits";
		case "doesNotFit":
			// Its margin is larger than the model: the engine loads it even without the margin.
			return isBuiltIn ? "fits" : "doesNotFit";
		default:
			return "unusable";
	}
}

function verdictOf(
	model: ListedModel,
	{ role, devices, allowsPartial }: RowsRequest,
): RowVerdict {
	const { content } = model;
	if (!content.ok) return { kind: "broken", error: content.error };
	const { description, shape } = content.value;
	const serves = description.roles.includes(role) || isPrefixOnly(model, role);
	if (!serves) return { kind: "otherRole" };
	if (!shape.ok)
		return { kind: "unpriced", why: { kind: "header", problem: shape.error } };
	if (!devices.ok)
		return { kind: "unpriced", why: { kind: "devices", error: devices.error } };
	const candidate = candidateOf(model);
	if (!candidate) return { kind: "otherRole" };
	const choice = choosePlan({
		role,
		candidates: [{ ...candidate, roles: [role] }],
		devices: devices.value,
	});
	if (choice.kind === "chosen")
		return {
			kind: "fits",
			plan: choice.plan,
			concessions: choice.concessions,
		};
	// A model that does not fit on the GPUs runs partly on the CPU only if the setting allows it.
	const onGpus = choice.insteadOf ?? choice;
	const refused = onGpus.passedOver
		.map(({ rejection }) => rejection)
		.find((it) => it.kind === "doesNotFit")?.plan;
	if (choice.kind === "tooSlow" && !(choice.insteadOf && refused))
		return { kind: "slow", plan: choice.plan };
	if (!refused) return { kind: "otherRole" };
	// For small models, the engine requires a smaller margin than the choice does.
	if (admits(refused) && refused.isWhole)
		return { kind: "fits", plan: refused, concessions: [] };
	const partial =
		allowsPartial && refused.request.placement.gpus.length > 0
			? partialOffload(refused.request)
			: undefined;
	return partial
		? { kind: "slow", plan: partial }
		: {
				kind: "doesNotFit",
				plan: refused,
				instead: choice.kind === "tooSlow" ? choice.plan : undefined,
			};
}

/** A model that only chats still continues text. */
function isPrefixOnly({ content }: ListedModel, role: Role): boolean {
	if (role !== "completion" || !content.ok) return false;
	const { description, traits } = content.value;
	return (
		!description.roles.includes("completion") &&
		description.roles.includes("chat") &&
		!traits.hasFimTokens
	);
}

function parameterCount({ model: { content } }: ModelRow): number {
	return content.ok ? content.value.description.parameterCount : 0;
}
