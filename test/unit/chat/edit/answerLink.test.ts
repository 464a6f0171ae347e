import assert from "node:assert/strict";
import { parseLink } from "../../../../src/chat/edit/answerLink.ts";

describe("parseLink", () => {
	const cases: readonly (readonly [href: string, leadsTo: string])[] = [
		["https://example.org/a?b=c#d", "https://example.org/a?b=c#d"],
		["HTTP://Example.org", "http://example.org/"],
		["mailto:someone@example.org", "mailto:someone@example.org"],
		["https://user@example.org/", "https://user@example.org/"],
		// A Cyrillic letter.
		["https://ex\u0430mple.org", "https://xn--exmple-4nf.org/"],
		["src/a.ts", "src/a.ts at 0"],
		["./src/a.ts", "src/a.ts at 0"],
		["src\\a.ts", "src/a.ts at 0"],
		["src/a%20b.ts#L12", "src/a b.ts at 11"],
		["src/a.ts#L12-L20", "src/a.ts at 11"],
		["a.ts:12", "a.ts at 11"],
		["a.ts:12:5", "a.ts at 11"],
		["a.ts:0", "a.ts at 0"],
		["javascript:alert(1)", "refused"],
		["JavaScript:alert(1)", "refused"],
		["java\nscript:alert(1)", "refused"],
		["data:text/html,x", "refused"],
		["file:///etc/passwd", "refused"],
		["vscode://settings", "refused"],
		["command:workbench.action.quit", "refused"],
		["//example.org", "refused"],
		["/etc/passwd", "refused"],
		["../secret", "refused"],
		["src/%2E%2E/%2E%2E/secret", "refused"],
		["src/..\\..\\secret", "refused"],
		["C:\\secret.txt", "refused"],
		["a%ZZ", "refused"],
		["#section", "refused"],
		["https://", "refused"],
		["", "refused"],
		[`https://example.org/${"a".repeat(3_000)}`, "refused"],
	];
	for (const [href, leadsTo] of cases)
		it(`leads from ${JSON.stringify(href.slice(0, 60))} to ${leadsTo}`, () => {
			const link = parseLink(href);
			assert.equal(
				link.kind === "web"
					? link.address
					: link.kind === "file"
						? `${link.path} at ${link.line}`
						: link.kind,
				leadsTo,
			);
		});
});
