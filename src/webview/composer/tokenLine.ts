/** The model, how much of its room the next question takes, and what is left out of it: said before it is sent. */

import type { ToChatView } from "../../protocol/chatView.ts";
import { element } from "../chat/dom.ts";
import type { Words } from "../chat/words.ts";

type Tokens = Extract<ToChatView, { kind: "tokens" }>;

export class TokenLine {
	readonly element = element("p", { class: "tokens" });
	readonly #words: Words;
	readonly #model = element("span");
	readonly #tokens = element("span");

	constructor(words: Words) {
		this.#words = words;
		this.element.append(this.#model, " ", this.#tokens);
	}

	setModel(name: string): void {
		this.#model.textContent = `${name} \u00b7`;
	}

	show(tokens: Tokens): void {
		this.#tokens.textContent = tokenText(tokens, this.#words);
		this.element.classList.toggle(
			"overfull",
			tokens.promptTokens > tokens.room,
		);
	}
}

function tokenText(tokens: Tokens, words: Words): string {
	const { promptTokens: used, room, leftOut, isExact } = tokens;
	const parts = leftOut
		.map(({ label, tokens }) => words.say("leftOutPart", { label, tokens }))
		.join(", ");
	return [
		words.say(isExact ? "tokens" : "tokensEstimated", { used, room }),
		...(used > room ? [words.say("overfull")] : []),
		...(parts === "" ? [] : [words.say("leftOut", { parts })]),
	].join(" \u00b7 ");
}
