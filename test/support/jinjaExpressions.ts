/** Renders small templates in tests. */

import assert from "node:assert/strict";
import type { Result } from "../../src/base/result.ts";
import { compileTemplate } from "../../src/engine/chat/jinja.ts";

/** Of a question `Q` and an answer `A`. */
export function rendering(source: string): Result<string, string> {
	const template = compileTemplate(source, {
		beginningOfText: "<s>",
		endOfText: "</s>",
		today: new Date(2026, 2, 5, 13, 7, 9),
	});
	return template.ok
		? template.value([
				{ role: "user", content: "Q" },
				{ role: "assistant", content: "A" },
			])
		: template;
}

export function renderedText(source: string): string {
	const text = rendering(source);
	assert.ok(text.ok, text.ok ? "" : `${source}: ${text.error}`);
	return text.value;
}

export function describeExpressions(
	what: string,
	cases: readonly (readonly [expression: string, text: string])[],
): void {
	describe(`the renderer of ${what}`, () => {
		for (const [expression, text] of cases)
			it(`writes ${JSON.stringify(text)} for ${expression}`, () => {
				assert.equal(renderedText(`{{ ${expression} }}`), text);
			});
	});
}
