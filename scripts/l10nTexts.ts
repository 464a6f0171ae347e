/** Every text that the editor may translate: those of the tables, and the first argument of each call of `t` and `phrase`. */

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import {
	filterSentences,
	reasonSentences,
} from "../src/completion/reasons/reasonSentences.ts";
import { decisionSentences } from "../src/completion/session/decisions.ts";
import { chatStrings } from "../src/protocol/chatStrings.ts";
import { errorSentences } from "../src/protocol/errors.ts";
import {
	memoryPartSentences,
	memoryReasonSentences,
} from "../src/protocol/memoryReason.ts";
import { root } from "./shell.ts";

const tables: readonly Readonly<Record<string, string>>[] = [
	errorSentences,
	memoryReasonSentences,
	memoryPartSentences,
	reasonSentences,
	filterSentences,
	decisionSentences,
	chatStrings,
];

/** Sorted, each once. */
export function translatableTexts(): readonly string[] {
	const used = sourceFiles().flatMap(([, source]) => textsOf(source));
	return [
		...new Set([...used, ...tables.flatMap((it) => Object.values(it))]),
	].sort();
}

/** Calls whose text is not a literal, as `FILE: CALL`: nothing would collect it. */
export function hiddenTexts(): readonly string[] {
	return sourceFiles()
		.filter(([file]) => file !== path.join("base", "sentence.ts"))
		.flatMap(([file, source]) =>
			[
				...source.matchAll(/(?<!function )\b(?:t|phrase)\(\s*(?!["\s])[^\n]*/g),
			].map(([call]) => `${file}: ${call}`),
		);
}

function textsOf(source: string): readonly string[] {
	return [...source.matchAll(/\b(?:t|phrase)\(\s*"((?:[^"\\]|\\.)*)"/g)].map(
		([, text = ""]) => text,
	);
}

function sourceFiles(): readonly (readonly [file: string, source: string])[] {
	const folder = path.join(root, "src");
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter((file) => file.endsWith(".ts"))
		.map((file) => [file, readFileSync(path.join(folder, file), "utf8")]);
}
