/** The texts of the editor as they stand in the sources: every place filled, and nothing translated. */

import assert from "node:assert/strict";
import { inEnglish } from "../../src/base/sentence.ts";
import type { Translate } from "../../src/vscode/platform/translate.ts";

export const english: Translate = (
	text: string,
	values: Readonly<Record<string, string>> = {},
) => {
	const sentence = inEnglish({ text, values });
	for (const [, name = ""] of text.matchAll(/\{(\w+)\}/g))
		assert.ok(name in values, `{${name}} is filled in "${text}"`);
	return sentence;
};
