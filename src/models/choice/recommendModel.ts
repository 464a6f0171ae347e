/** Recommends the best installed model for a role. */

import path from "node:path";
import {
	type Candidate,
	type Choice,
	choosePlan,
} from "../../memory/plan/choosePlan.ts";
import type { Device } from "../../protocol/device.ts";
import type { Role } from "../../protocol/model.ts";
import type { ListedModel } from "../library/modelLibrary.ts";

/** Undefined where the file is broken or its memory cannot be computed. */
export function candidateOf({ content }: ListedModel): Candidate | undefined {
	if (!content.ok || !content.value.shape.ok) return undefined;
	const { description, shape } = content.value;
	const { name, quantization, roles } = description;
	return { name, quantization, shape: shape.value, roles };
}

/** Models trained on fill-in-the-middle whose files also have a chat template: most have `code` in their name. */
const completingModels = /cod(e|ing)|codestral|granite|mellum|headroom/i;

/**
 * Whether the model may be recommended for the role. Whole families of chat models carry fill-in-the-middle tokens without being trained on
 * them: only their names distinguish them from code models.
 */
export function mayRecommend(
	{ name, content }: ListedModel,
	role: Role,
): boolean {
	if (!content.ok) return false;
	const { description, traits } = content.value;
	if (!description.roles.includes(role)) return false;
	return (
		role !== "completion" ||
		!traits.hasChatTemplate ||
		completingModels.test(`${name} ${description.name}`)
	);
}

/** Whether its file names the tokens that completion at the cursor needs. */
export function canComplete({ content }: ListedModel): boolean {
	return content.ok && content.value.traits.hasFimTokens;
}

/** Whether the model ships with the extension: it is in the folder of the built-in model. */
export function isShipped({ file }: ListedModel, builtInFile: string): boolean {
	return path.dirname(file) === path.dirname(builtInFile);
}

export interface Recommendation {
	/** Undefined where none fits and is fast enough. */
	readonly model: ListedModel | undefined;
	readonly choice: Choice;
}

export function recommendModel(
	models: readonly ListedModel[],
	role: Role,
	devices: readonly Device[],
): Recommendation {
	const modelOf = new Map<Candidate, ListedModel>();
	for (const model of models) {
		const candidate = mayRecommend(model, role)
			? candidateOf(model)
			: undefined;
		if (candidate) modelOf.set(candidate, model);
	}
	const choice = choosePlan({
		role,
		candidates: [...modelOf.keys()],
		devices,
	});
	const chosen = choice.kind === "chosen" ? choice.plan.request.model : null;
	const [, model] =
		[...modelOf].find(([candidate]) => candidate === chosen) ?? [];
	return { model, choice };
}
