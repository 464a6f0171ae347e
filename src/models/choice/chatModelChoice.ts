/** Chooses the model for chat beside the one for completion, where the user has not. Pure. */

import { besidePlanned } from "../../memory/plan/beside.ts";
import { choosePlan } from "../../memory/plan/choosePlan.ts";
import type { Device } from "../../protocol/device.ts";
import type { ListedModel } from "../library/modelLibrary.ts";
import { candidateOf, mayRecommend, recommendModel } from "./recommendModel.ts";

export interface ChatChoiceRequest {
	readonly models: readonly ListedModel[];
	/** The model for completion. */
	readonly completionFile: string;
	/** Without the memory that loaded models hold. */
	readonly devices: readonly Device[];
}

export interface ChatChoice {
	readonly file: string;
	readonly how: /** The model for completion chats too. */
		| "same"
		/** Both stay in memory. */
		| "beside"
		/** There is room for one at a time. */
		| "inTurn";
}

/**
 * The model that serves a chat best beside the one for completion. That one chats itself where it is as good, as it costs nothing more; and where
 * nothing fits beside it. Only where it cannot, another one takes its place in turn.
 */
export function chooseChatModel({
	models,
	completionFile,
	devices,
}: ChatChoiceRequest): ChatChoice {
	const same: ChatChoice = { file: completionFile, how: "same" };
	const completion = models.find(({ file }) => file === completionFile);
	const canChat = completion && mayRecommend(completion, "chat");
	const others = models.filter(
		(it) => it !== completion && mayRecommend(it, "chat"),
	);
	if (others.length === 0) return same;
	const beside = recommendModel(
		others,
		"chat",
		devicesBeside(completion, devices),
	).model;
	if (beside) {
		if (!canChat) return { file: beside.file, how: "beside" };
		const { model } = recommendModel([beside, completion], "chat", devices);
		return model === beside ? { file: beside.file, how: "beside" } : same;
	}
	if (canChat) return same;
	const { model } = recommendModel(others, "chat", devices);
	return model ? { file: model.file, how: "inTurn" } : same;
}

/** What a model for chat finds where that for completion is loaded. */
export function devicesBeside(
	completion: ListedModel | undefined,
	devices: readonly Device[],
): readonly Device[] {
	const candidate = completion && candidateOf(completion);
	if (!candidate) return devices;
	const choice = choosePlan({
		role: "completion",
		candidates: [candidate],
		devices,
	});
	return choice.kind === "nothingFits"
		? devices
		: besidePlanned(devices, choice.plan);
}
