import assert from "node:assert/strict";
import {
	editTarget,
	selectionIn,
} from "../../../../src/chat/edit/editTarget.ts";
import type {
	Attachment,
	AttachmentKind,
} from "../../../../src/protocol/attachment.ts";

function attached(
	path: string | null,
	kind: AttachmentKind = "file",
	text = "",
): Attachment {
	return { kind, label: "", path, languageId: "", text };
}

describe("editTarget", () => {
	const cases: readonly (readonly [
		what: string,
		named: string | null,
		attachments: readonly (string | null)[],
		visible: string | null,
		/** A path; with `?` where it is to be looked for. */
		target: string,
	])[] = [
		["the file that is named", "src/a.ts", ["src/a.ts"], "b.ts", "src/a.ts"],
		["one attached, without folders", "a.ts", ["src/a.ts"], null, "src/a.ts"],
		["the visible one by its name", "a.ts", ["b.ts"], "src/a.ts", "src/a.ts"],
		["one that is elsewhere", "c.ts", ["a.ts"], "b.ts", "c.ts?"],
		["of two of a name, that asked for", "a.ts", ["x/a.ts"], "y/a.ts", "a.ts?"],
		["the attached one", null, ["a.ts"], "b.ts", "a.ts"],
		["the attached one, twice", null, ["a.ts", "a.ts"], "b.ts", "a.ts"],
		["the visible one of several", null, ["a.ts", "b.ts"], "b.ts", "b.ts"],
		["none of several", null, ["a.ts", "b.ts"], "c.ts", "unclear"],
		["the visible one", null, [], "b.ts", "b.ts"],
		["what has no file", null, [null], "b.ts", "b.ts"],
		["nothing", null, [], null, "unclear"],
	];
	for (const [what, named, paths, visible, expected] of cases)
		it(`chooses ${what}`, () => {
			const attachments = paths.map((path) => attached(path));
			const target = editTarget({ named, attachments, visible });
			assert.equal(
				target.kind === "path"
					? target.path
					: target.kind === "elsewhere"
						? `${target.name}?`
						: target.kind,
				expected,
			);
		});
});

describe("selectionIn", () => {
	it("returns the last selection in that file", () => {
		const attachments = [
			attached("a.ts", "file", "whole"),
			attached("a.ts", "selection", "first"),
			attached("a.ts", "selection", "last"),
			attached("b.ts", "selection", "other"),
		];
		assert.equal(selectionIn("a.ts", attachments), "last");
		assert.equal(selectionIn("c.ts", attachments), null);
	});
});
