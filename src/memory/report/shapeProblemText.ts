/** Words why the memory of a model cannot be computed from its header. */

import { assertNever } from "../../base/assert.ts";
import type { Translate } from "../../base/sentence.ts";
import type { ShapeProblem } from "../shape/headerKeys.ts";

export function shapeProblemText(problem: ShapeProblem, t: Translate): string {
	const { key } = problem;
	switch (problem.kind) {
		case "missing":
			return t("{key} is missing in its header", { key });
		case "badValue":
			return t("{key} in its header has the invalid value {value}", {
				key,
				value: problem.value,
			});
		case "noValueForLayer":
			return t("{key} in its header has no value for layer {layer}", {
				key,
				layer: String(problem.layer),
			});
		case "noSuchLayer":
			return t("{key} belongs to no layer: there are only {layers}", {
				key,
				layers: String(problem.layers),
			});
		case "badType":
			return t("{key} has the type {type}, which is unknown or does not fit", {
				key,
				type: String(problem.typeId),
			});
		case "split":
			return t("its weights are split into {files} files", {
				files: String(problem.files),
			});
		default:
			return assertNever(problem);
	}
}
