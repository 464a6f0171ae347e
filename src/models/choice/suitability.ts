/** Which models may be chosen for a role, and which of all is best for it. */

import path from "node:path";
import type { Device } from "../../memory/machine/devices.ts";
import {
	type Candidate,
	type Choice,
	choosePlan,
} from "../../memory/plan/choosePlan.ts";
import type { Role } from "../../memory/plan/roles.ts";
import type { ListedModel } from "../library/modelLibrary.ts";

/** Undefined for what is broken, and for what cannot be priced. */
export function candidateOf({ content }: ListedModel): Candidate | undefined {
	if (!content.ok || !content.value.shape.ok) return undefined;
	const { description, shape } = content.value;
	const { name, quantization, roles } = description;
	return { name, quantization, shape: shape.value, roles };
}

/** Models that learned to fill in the middle, though their files have a chat template too: most have `code` in their name. */
const completingModels = /cod(e|ing)|codestral|granite|mellum|headroom/i;

/**
 * Whether a model may be chosen for who did not name it. Whole families of chat models carry the tokens for completion and never learned
 * their use: only their names tell them from the code models beside them.
 */
export function isTrusted({ name, content }: ListedModel, role: Role): boolean {
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

/** Whether it came with the extension, beside the built-in model or as that: what is installed goes before it. */
export function isShipped({ file }: ListedModel, builtInFile: string): boolean {
	return path.dirname(file) === path.dirname(builtInFile);
}

export interface Recommendation {
	/** Undefined where none is both small and fast enough. */
	readonly model: ListedModel | undefined;
	readonly choice: Choice;
}

export function recommend(
	models: readonly ListedModel[],
	role: Role,
	devices: readonly Device[],
): Recommendation {
	const modelOf = new Map<Candidate, ListedModel>();
	for (const model of models) {
		const candidate = isTrusted(model, role) ? candidateOf(model) : undefined;
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
