/** Announces changes to a screen reader, in whole sentences, through a visually hidden live region. */

import { element } from "./dom.ts";

/** Older ones have been read out, or never will be. */
const keptSentences = 20;

export class Announcer {
	readonly element = element("div", {
		class: "screen-reader-only",
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
