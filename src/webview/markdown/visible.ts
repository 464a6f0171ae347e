/** Shows invisible and bidirectional control characters by their code points, so that code reads as it runs. */

/** Code points: controls except tab and line endings, format characters, invisible fillers, tags. */
const hiddenRanges = [
	"0-8 b-c e-1f 7f-9f ad 34f 61c 115f-1160 17b4-17b5 180b-180f",
	"200b-200f 2028-202e 2060-206f 3164 fe00-fe0e feff ffa0 fff9-fffb",
	"1d173-1d17a e0000-e0fff",
].join(" ");

const hidden = new RegExp(
	`[${hiddenRanges
		.split(" ")
		.map((range) => range.replace(/[0-9a-f]+/g, "\\u{$&}"))
		.join("")}]`,
	"gu",
);

/** In prose, joiners are legitimate in emoji and in scripts from Arabic to Sinhala. */
const joiner =
	/(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d(?=\p{Extended_Pictographic})|(?<=[\u0600-\u0dff])[\u200c\u200d](?=[\u0600-\u0dff])/gu;

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
