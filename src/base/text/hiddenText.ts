/** Characters that cannot be seen, or that change the order in which others are seen: text with them does not read as it runs. */

/** Code points: controls except tab and line ends, format characters, invisible fillers, tags. */
const hiddenRanges = [
	"0-8 b-c e-1f 7f-9f ad 34f 61c 115f-1160 17b4-17b5 180b-180f",
	"200b-200f 2028-202e 2060-206f 3164 fe00-fe0e feff ffa0 fff9-fffb",
	"1d173-1d17a e0000-e0fff",
].join(" ");

/** One hidden character. */
export function hiddenPattern(): RegExp {
	const ranges = hiddenRanges
		.split(" ")
		.map((range) => range.replace(/[0-9a-f]+/g, "\\u{$&}"));
	return new RegExp(`[${ranges.join("")}]`, "gu");
}

/** In prose, joiners are legitimate in emoji and in scripts from Arabic to Sinhala. */
export function joinerPattern(): RegExp {
	return /(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d(?=\p{Extended_Pictographic})|(?<=[\u0600-\u0dff])[\u200c\u200d](?=[\u0600-\u0dff])/gu;
}
