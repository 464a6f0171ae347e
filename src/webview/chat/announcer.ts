/** Tells a screen reader what changed, in whole sentences: a region that is heard and not seen. */

import { element } from "./dom.ts";

/** More are heard by nobody. */
const keptSentences = 20;

export class Announcer {
	readonly element = element("div", {
		class: "heard",
		"aria-live": "polite",
		"aria-relevant": "additions",
	});

	say(...sentences: readonly string[]): void {
		for (const sentence of sentences)
			this.element.append(element("p", {}, sentence));
		while (this.element.childElementCount > keptSentences)
			this.element.firstElementChild?.remove();
	}
}
