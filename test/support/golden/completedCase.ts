/** What becomes of a golden case: its answer, in chunks, through the one path from a cursor to a suggestion. */

import {
	type CompletionResult,
	getCompletion,
} from "../../../src/completion/request/getCompletion.ts";
import { noContext } from "../../../src/completion/request/promptContext.ts";
import type { SyntaxPort } from "../../../src/completion/syntax/syntaxPort.ts";
import { at } from "../cursor.ts";
import { FakeEngine } from "../fakes/fakeEngine.ts";
import type { GoldenCase } from "./goldenCases.ts";

export function completedCase(
	it: GoldenCase,
	chunkSize: number,
	syntax?: SyntaxPort,
): Promise<CompletionResult> {
	const chunks: string[] = [];
	for (let from = 0; from < it.answer.length; from += chunkSize)
		chunks.push(it.answer.slice(from, from + chunkSize));
	const { languageId, insertSpaces, tabSize } = it;
	return getCompletion(
		{
			...at(it.document, {
				languageId,
				indentation: { insertSpaces, tabSize },
			}),
			path: it.path,
		},
		new FakeEngine(() => chunks),
		{
			signal: new AbortController().signal,
			contextProvider: noContext,
			syntax,
		},
	);
}
