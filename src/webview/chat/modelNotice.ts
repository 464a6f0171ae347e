/** The notice that the loaded model cannot chat, with models that can. */

import type { ModelOffer } from "../../protocol/chatView.ts";
import { button, element } from "./dom.ts";
import type { Strings } from "./strings.ts";

export interface CannotChat {
	readonly sentence: string;
	readonly offers: readonly ModelOffer[];
}

export function modelNotice(
	{ sentence, offers }: CannotChat,
	strings: Strings,
	onChoose: (id: string) => void,
): HTMLElement {
	return element(
		"section",
		{ class: "cannot-chat", "aria-label": strings.get("cannotChat") },
		element("p", {}, sentence),
		element(
			"ul",
			{},
			...offers.map(({ id, label, detail }) =>
				element(
					"li",
					{},
					button({ text: label, onClick: () => onChoose(id) }),
					element("span", { class: "detail" }, detail),
				),
			),
		),
	);
}
