/** Filters on special tokens that arrive as plain text. */

import { fimFamilies } from "../../protocol/fim/fimFamilies.ts";
import { hasWord } from "../text/words.ts";
import { type FilterPlace, hasOwn } from "./filterPlace.ts";
import { type TextStream, until, withHead } from "./textStream.ts";

const thinkStart = "<think>";
const thinkEnd = "</think>";

/** The special tokens of the known model families: those for fill-in-the-middle, and others. */
const markers: readonly string[] = [
	...new Set([
		...fimFamilies.flatMap((it) =>
			[
				it.prefix,
				it.suffix,
				it.middle,
				it.fileSeparator,
				it.repositoryName,
			].filter((text) => text !== null),
		),
		// Qwen, and others with the ChatML format
		"<|endoftext|>",
		"<|im_start|>",
		"<|im_end|>",
		"<|fim_pad|>",
		"<|cursor|>",
		// Seed-Coder
		"<[begin▁of▁sentence]>",
		"<[end▁of▁sentence]>",
		// StarCoder, Granite
		"<fim_pad>",
		"<gh_stars>",
		"<reponame>",
		"<|end_of_text|>",
		"<|start_of_role|>",
		"<|end_of_role|>",
		// CodeLlama
		"<EOT>",
		"▁<EOT>",
		// DeepSeek, with full-width bars
		"<｜end▁of▁sentence｜>",
		"<｜begin▁of▁sentence｜>",
		"<|EOT|>",
		// Codestral, Mistral
		"[MIDDLE]",
		"[INST]",
		"[/INST]",
		// CodeGemma, Gemma
		"<|file_separator|>",
		"<start_of_turn>",
		"<end_of_turn>",
		"<eos>",
		// Llama
		"<|begin_of_text|>",
		"<|eot_id|>",
		"<|eom_id|>",
		"<s>",
		"</s>",
		// Models tuned for edits
		"<|/updated_code|>",
		"<COMPLETION>",
		"<STOP EDITING HERE",
	]),
];

/** After a name, these are an index or a type argument. */
const lookLikeCode: readonly string[] = [
	"[PREFIX]",
	"[SUFFIX]",
	"[MIDDLE]",
	"<s>",
];

/** The HTML tag for strikethrough. */
const tags: readonly string[] = ["<s>", "</s>"];
const mayContainTags = /html|react$|vue|svelte|markdown|php/;

/** Removes `<think>...</think>` at the beginning. If it is not closed, nothing is left. */
export function withoutReasoning(
	chunks: TextStream,
	place: FilterPlace,
): AsyncIterable<string> {
	if (mentionsThinkTags(place)) return chunks;
	return withHead(chunks, (head, isWhole) => {
		const text = head.trimStart();
		if (text.startsWith(thinkStart) || text.startsWith(thinkEnd)) {
			const end = text.indexOf(thinkEnd);
			const rest = end < 0 ? "" : text.slice(end + thinkEnd.length);
			if (rest.trim() === "") return isWhole ? "" : undefined;
			// Blank lines before the answer belong to the reasoning.
			return rest.replace(/^(?:[ \t]*\n)+/, "");
		}
		return isWhole ||
			!(thinkStart.startsWith(text) || thinkEnd.startsWith(text))
			? head
			: undefined;
	});
}

function mentionsThinkTags(place: FilterPlace): boolean {
	return hasOwn(place, thinkStart) || hasOwn(place, thinkEnd);
}

/** Ends before a special token, unless the user's own text contains it. */
export function untilSpecialToken(
	chunks: TextStream,
	place: FilterPlace,
): AsyncIterable<string> {
	const isForeign = (marker: string): boolean =>
		!hasOwn(place, marker) &&
		!(mayContainTags.test(place.languageId) && tags.includes(marker));
	const foreign = [
		...markers.filter(isForeign),
		...(mentionsThinkTags(place) ? [] : [thinkStart, thinkEnd]),
	];
	return until(chunks, (text) => {
		const starts = foreign
			.map((marker) => text.indexOf(marker))
			.filter((start, index) => {
				const isIndexed =
					lookLikeCode.includes(foreign[index] ?? "") &&
					hasWord(text[start - 1] ?? place.lineBefore.at(-1) ?? "");
				return start >= 0 && !isIndexed;
			});
		if (starts.length > 0) return { length: Math.min(...starts), isEnd: true };
		return {
			length: text.length - partialMarkerLength(text, foreign),
			isEnd: false,
		};
	});
}

/** The length of the longest end of the text that is the beginning of a marker. */
function partialMarkerLength(text: string, foreign: readonly string[]): number {
	for (let length = Math.min(text.length, 24); length > 0; length--) {
		const end = text.slice(-length);
		if (foreign.some((marker) => marker.startsWith(end))) return length;
	}
	return 0;
}
