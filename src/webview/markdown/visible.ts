/** Shows invisible and bidirectional control characters by their code points, so that code reads as it runs. */

import { hiddenPattern, joinerPattern } from "../../base/text/hiddenText.ts";

const hidden = hiddenPattern();
const joiner = joinerPattern();

export function visibleCode(text: string): string {
	return text.replace(hidden, marker);
}

export function visibleProse(text: string): string {
	const kept = new Set<number>();
	for (const { index } of text.matchAll(joiner)) kept.add(index);
	if (kept.size === 0) return visibleCode(text);
	return text.replace(hidden, (character, index: number) =>
		kept.has(index) ? character : marker(character),
	);
}

function marker(character: string): string {
	const number = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
	return `\u27e8U+${number.padStart(4, "0")}\u27e9`;
}
