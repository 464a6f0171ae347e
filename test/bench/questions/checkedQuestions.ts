/** Questions about this project's own code whose answers can be checked. */

import { transformSync } from "esbuild";
import { codeBlocksOf } from "../../../src/chat/edit/codeBlocks.ts";

export interface CheckedQuestion {
	/** As a user asks it, naming the file in short. */
	readonly question: string;
	readonly isRight: (answer: string) => boolean;
}

const says =
	(...expected: readonly RegExp[]) =>
	(answer: string): boolean =>
		expected.every((it) => it.test(answer));

/** One code block, or the first of several, that parses as TypeScript, with what it must have and nothing else of the file. */
const writes =
	(has: RegExp, hasNot?: RegExp) =>
	(answer: string): boolean => {
		const [block] = codeBlocksOf(answer);
		if (!block || !has.test(block.text) || hasNot?.test(block.text))
			return false;
		try {
			transformSync(block.text, { loader: "ts" });
			return true;
		} catch {
			return false;
		}
	};

export const checkedQuestions: readonly CheckedQuestion[] = [
	{
		question:
			"Which function in client/restartPolicy.ts decides whether to restart?",
		isRight: says(/decideRestart/),
	},
	{
		question:
			"How long is the first pause in client/restartPolicy.ts, in milliseconds?",
		isRight: says(/\b500\b/),
	},
	{
		question:
			"What does decideRestart in client/restartPolicy.ts return when there were too many crashes?",
		isRight: says(/giveUp/),
	},
	{
		question: "How many sequences are there by load/contextSize.ts?",
		isRight: says(/\b(3|three)\b/i),
	},
	{
		question: "How many tokens are in a batch by load/contextSize.ts?",
		isRight: says(/\b128\b/),
	},
	{
		question: "Which class is exported by base/lruCache.ts?",
		isRight: says(/LruCache/),
	},
	{
		question: "Which function in base/units.ts formats a duration?",
		isRight: says(/formatMs/),
	},
	{
		question:
			"Which function in base/units.ts parses a text with a unit into bytes?",
		isRight: says(/parseBytes/),
	},
	{
		question:
			"What does parseBytes in base/units.ts return for a text that it cannot parse?",
		isRight: says(/undefined/),
	},
	{
		question:
			"Which value of protocol/modelSelection.ts selects the built-in model?",
		isRight: says(/builtIn/),
	},
	{
		question:
			"Does a pin or the setting win in selectedModel of protocol/modelSelection.ts?",
		isRight: says(/\bpin\b/i),
	},
	{
		question:
			"What does setRealTimer in base/timers.ts call to cancel a timer?",
		isRight: says(/clearTimeout/),
	},
	{
		question: "How large is a chunk in storage/sha256.ts, in bytes?",
		isRight: says(/1,?048,?576|2\s*(\*\*|\^)\s*20|1\s*Mi?B/i),
	},
	{
		question:
			"Which function in workspace/namedFile.ts resolves a name, and what kinds of results does it have?",
		isRight: says(/fileNamed/, /found/, /several/, /none/),
	},
	{
		question:
			"What does orAborted in base/abort.ts resolve to when the signal aborts first?",
		isRight: says(/undefined/),
	},
	{
		question: "Which library function does base/timers.ts use to set a timer?",
		isRight: says(/setTimeout/),
	},
	{
		question:
			"Add a doc comment to decideRestart of client/restartPolicy.ts. Answer with that function alone, in one code block.",
		isRight: writes(/\/\*\*[\s\S]{3,}\*\/\s*export function decideRestart/),
	},
	{
		question:
			"Write a test for selectedModel of protocol/modelSelection.ts with node:assert, in one code block.",
		isRight: writes(
			/assert[\s\S]*selectedModel\(|selectedModel\([\s\S]*assert/,
		),
	},
	{
		question:
			"Rename the constant sequenceCount in load/contextSize.ts to maxSequences. Answer with the changed line in one code block.",
		isRight: writes(/export const maxSequences = 3/, /sequenceCount/),
	},
	{
		question:
			"Write a function minutes(ms: number): number in TypeScript that converts milliseconds to minutes, in one code block.",
		isRight: writes(/function minutes\s*\(/),
	},
];
