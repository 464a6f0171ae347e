/** The line below the input: the model, the token usage of the next question, and what is left out of its prompt. */

import type { ToChatView } from "../../protocol/chatView.ts";
import { element } from "../chat/dom.ts";
import type { Strings } from "../chat/strings.ts";

type Tokens = Extract<ToChatView, { kind: "tokens" }>;

export class TokenUsageLine {
	readonly element = element("p", { class: "tokens" });
	readonly #strings: Strings;
	readonly #model = element("span");
	readonly #tokens = element("span");

	constructor(strings: Strings) {
		this.#strings = strings;
		this.element.append(this.#model, " ", this.#tokens);
	}

	setModel(name: string): void {
		this.#model.textContent = `${name} \u00b7`;
	}

	show(tokens: Tokens): void {
		this.#tokens.textContent = usageText(tokens, this.#strings);
		this.element.classList.toggle(
			"overfull",
			tokens.promptTokens > tokens.budgetTokens,
		);
	}
}

function usageText(tokens: Tokens, strings: Strings): string {
	const { promptTokens: used, budgetTokens: budget, leftOut, isExact } = tokens;
	const parts = leftOut
		.map(({ label, tokens }) => strings.get("leftOutPart", { label, tokens }))
		.join(", ");
	return [
		strings.get(isExact ? "tokens" : "tokensEstimated", { used, budget }),
		...(used > budget ? [strings.get("overfull")] : []),
		...(parts === "" ? [] : [strings.get("leftOut", { parts })]),
	].join(" \u00b7 ");
}
