/** In real sources, with a model that knows what comes: what is kept ends where a statement does, and no whole statement is lost. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { getCompletion } from "../../../../src/completion/request/getCompletion.ts";
import { noContext } from "../../../../src/completion/request/promptContext.ts";
import type {
	SyntaxNode,
	SyntaxPort,
} from "../../../../src/completion/syntax/syntaxPort.ts";
import { at } from "../../../support/cursor.ts";
import { FakeEngine } from "../../../support/fakes/fakeEngine.ts";
import { loadedSyntax } from "../../../support/loadedSyntax.ts";

const root = path.resolve(import.meta.dirname, "../../../..");
const sources: readonly (readonly [languageId: string, file: string])[] = [
	["typescript", "src/completion/context/contextStore.ts"],
	["typescript", "src/memory/plan/plan.ts"],
	["javascript", "node_modules/ignore/index.js"],
	["javascript", "node_modules/esbuild/install.js"],
	["python", "test/support/sampleWorkspace/greet.py"],
	["cpp", "node_modules/node-llama-cpp/llama/addon/AddonSampler.cpp"],
	["cpp", "node_modules/node-llama-cpp/llama/addon/AddonModelLora.cpp"],
	["csharp", "node_modules/cmake-js/lib/import/Find-VisualStudio.cs"],
];
/** The places are in the beginning of a long file, so that the test is quick. */
const maxChars = 1500;
/** More than a suggestion has. */
const maxAnswerChars = 2000;
/** What nobody can see coming at the end of a statement that is whole without it. */
const continuation =
	/^\s*(?:else|elif|catch|except|finally|while|[.?:&|+*/<=>-])/;

async function suggested(
	text: string,
	offset: number,
	languageId: string,
	syntax: SyntaxPort | undefined,
	suffix = "",
): Promise<string> {
	const indentation = { insertSpaces: !/^\t/m.test(text), tabSize: 4 };
	const result = await getCompletion(
		at(`${text.slice(0, offset)}█${suffix}`, { languageId, indentation }),
		new FakeEngine(() => [text.slice(offset, offset + maxAnswerChars)]),
		{
			signal: new AbortController().signal,
			contextProvider: noContext,
			syntax,
		},
	);
	return result.kind === "suggestion" ? result.text : "";
}

/** The ends of lines, and the starts of those that are not blank: where there are blocks. */
function places(text: string): number[] {
	const found: number[] = [];
	for (const { index, 0: line, 1: indent = "" } of text.matchAll(
		/^([ \t]*).*$/gm,
	)) {
		if (line.trim() !== "") found.push(index + indent.length);
		found.push(index + line.length);
	}
	return found;
}

function isSequence({ type, parent }: SyntaxNode): boolean {
	return (
		parent === null ||
		/block|body|list|compound|program|module|unit|section|comment|string/.test(
			type,
		)
	);
}

/**
 * Whether everything that begins between the two offsets of a whole source ends there too, but for line ends; a sequence need not,
 * unless it has brackets of its own.
 *
 * @param mayBeInBlock whether the second offset may also be in a block that begins there.
 */
function isBetweenStatements(
	tree: SyntaxNode,
	text: string,
	[from, to]: readonly [number, number],
	{ mayBeInBlock }: { readonly mayBeInBlock: boolean },
): boolean {
	for (
		let node = tree.descendantForIndex(to - 1, to);
		node && node.startIndex >= from;
		node = node.parent
	) {
		if (text.slice(to, node.endIndex).trim() === "") continue;
		if (!isSequence(node)) return false;
		if (mayBeInBlock) return true;
		if (/[{[(]/.test(text.charAt(node.startIndex))) return false;
	}
	return true;
}

describe("a model that knows what comes, in real sources", () => {
	let syntax: Awaited<ReturnType<typeof loadedSyntax>>;
	before(async () => {
		syntax = await loadedSyntax(...sources.map(([languageId]) => languageId));
	});
	after(() => syntax.dispose());

	for (const [languageId, file] of sources)
		it(`is kept to whole statements: ${file}`, async function () {
			this.timeout(60_000);
			const text = readFileSync(path.join(root, file), "utf8").replaceAll(
				"\r\n",
				"\n",
			);
			let blocks = 0;
			for (const offset of places(text.slice(0, maxChars))) {
				const rest = text.slice(offset);
				const place = JSON.stringify(text.slice(0, offset).slice(-60));
				const today = await suggested(text, offset, languageId, undefined);
				const shown = await suggested(text, offset, languageId, syntax);
				// Where indentation is wrong for another reason, syntax is not asked.
				if (!rest.startsWith(today)) continue;
				assert.ok(rest.startsWith(shown), `${shown} at ${place}`);
				if (shown.includes("\n", 1)) blocks++;
				const tree = syntax.parse(languageId, text);
				assert.ok(tree);
				const ends = [...today.matchAll(/\n|$/g)]
					.map(({ index }) => offset + index)
					.filter(
						(end) =>
							text.slice(offset, end).trim() !== "" &&
							isBetweenStatements(tree, text, [offset, end], {
								mayBeInBlock: false,
							}),
					);
				const longest = Math.max(0, ...ends) - offset;
				assert.ok(
					shown.length >= longest || shown.split("\n").length > 8,
					`${shown}\nis less than\n${today.slice(0, longest)}\nat ${place}`,
				);
				if (
					shown.trim().includes("\n") &&
					!continuation.test(rest.slice(shown.length))
				)
					assert.ok(
						isBetweenStatements(tree, text, [offset, offset + shown.length], {
							mayBeInBlock: true,
						}),
						`${shown}\nis not whole at ${place}`,
					);
			}
			assert.ok(blocks > 0, "there were blocks");
		});

	for (const [languageId, file] of [
		["typescript", "src/completion/session/completionSession.ts"],
		["cpp", "node_modules/node-llama-cpp/llama/addon/AddonContext.cpp"],
	] as const)
		it(`is kept to whole statements far from both ends of the file: ${file}`, async function () {
			this.timeout(60_000);
			const text = readFileSync(path.join(root, file), "utf8");
			const middle = Math.floor(text.length / 2);
			let blocks = 0;
			for (const offset of places(text)) {
				if (offset < middle || offset > middle + 1500) continue;
				const tree = syntax.parse(languageId, text);
				assert.ok(tree);
				const end = [...text.slice(offset).matchAll(/\n/g)]
					.slice(1, 8)
					.map(({ index }) => offset + index)
					.findLast((it) =>
						isBetweenStatements(tree, text, [offset, it], {
							mayBeInBlock: false,
						}),
					);
				if (end === undefined) continue;
				const suffix = text.slice(end);
				const place = JSON.stringify(text.slice(0, offset).slice(-60));
				const today = await suggested(
					text,
					offset,
					languageId,
					undefined,
					suffix,
				);
				const rest = text.slice(offset);
				if (!rest.startsWith(today)) continue;
				const shown = await suggested(text, offset, languageId, syntax, suffix);
				assert.ok(rest.startsWith(shown), `${shown} at ${place}`);
				if (!shown.trim().includes("\n")) continue;
				blocks++;
				const whole = syntax.parse(languageId, text);
				assert.ok(whole);
				assert.ok(
					continuation.test(rest.slice(shown.length)) ||
						isBetweenStatements(whole, text, [offset, offset + shown.length], {
							mayBeInBlock: true,
						}),
					`${shown}\nis not whole at ${place}`,
				);
			}
			assert.ok(blocks > 0, "there were blocks");
		});
});
