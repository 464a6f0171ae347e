/** What is shown of several lines of which the model is sure only of the beginning. */

import assert from "node:assert/strict";
import { nullLog } from "../../../../src/base/log.ts";
import { gateAt } from "../../../../src/completion/confidence/gate.ts";
import { noContext } from "../../../../src/completion/request/promptContext.ts";
import { CompletionSession } from "../../../../src/completion/session/completionSession.ts";
import { at } from "../../../support/cursor.ts";
import { FakeEngine } from "../../../support/fakes/fakeEngine.ts";
import { loadedSyntax } from "../../../support/loadedSyntax.ts";

async function shown(...texts: readonly string[]): Promise<string> {
	const syntax = await loadedSyntax("typescript");
	const session = new CompletionSession({
		engine: new FakeEngine(() => [
			...texts.slice(0, -1).map((text) => ({ text, probability: 0.99 })),
			{ text: texts.at(-1) ?? "", probability: 0.1 },
		]),
		contextProvider: noContext,
		syntax,
		log: nullLog,
		onLateSuggestion: () => {},
		gate: gateAt(() => 0.5),
		sleep: () => Promise.resolve(),
		now: () => 0,
	});
	const it = await session.suggest(at("function f() {█\n}\n"), {
		signal: new AbortController().signal,
		isExplicit: false,
	});
	syntax.dispose();
	return it.kind === "suggestion" ? it.text : it.reason.kind;
}

describe("the sure part of several lines", () => {
	it("ends with a whole statement, not inside the next", async () => {
		assert.equal(
			await shown("\n\tconst a = 1;", "\n\tconst b = join(", "a);\n"),
			"\n\tconst a = 1;",
		);
	});

	it("leaves out a line of which it has only a part, whole or not", async () => {
		assert.equal(
			await shown("\n\tconst a = 1;", "\n\treturn a", " + unsure;\n"),
			"\n\tconst a = 1;",
		);
	});

	it("ends inside its only line", async () => {
		assert.equal(await shown("\n\treturn a", " + unsure;\n"), "\n\treturn a");
	});
});
