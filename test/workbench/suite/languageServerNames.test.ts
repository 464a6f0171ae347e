import assert from "node:assert/strict";
import * as vscode from "vscode";
import { NameCheck } from "../../../src/completion/names/nameCheck.ts";
import { snapshotOf } from "../../../src/vscode/completion/documentSnapshot.ts";
import { LanguageServerNames } from "../../../src/vscode/completion/languageServerNames.ts";
import { until } from "../../support/until.ts";
import { moveTo, open, openFile, removeFiles, run, write } from "./editor.ts";

const code = `class Shape {
	area(): number { return 1; }
}
const shape = new Shape();
shape.`;

describe("the names of the language server", () => {
	afterEach(async () => {
		await run("workbench.action.closeAllEditors");
		await removeFiles("made");
	});

	it("hold back a member that TypeScript does not know, and no other", async () => {
		await write("made/names.ts", code);
		const editor = await openFile("made/names.ts");
		moveTo(editor, code.length);
		const { document, selection } = editor;
		const { active } = selection;
		let names = new LanguageServerNames();
		const offered = await until("the members of a shape", async () => {
			const it = await names.offeredAt(document, active);
			// The server may be starting, and an empty answer is not asked for again at once.
			if (it && !it.names.has("area")) names = new LanguageServerNames();
			return it?.names.has("area") ? it : undefined;
		});
		assert.equal(offered.isIncomplete, false);
		const check = new NameCheck({ otherTexts: () => [] });
		const kept = (text: string) =>
			check.kept(snapshotOf(document, active), { text, requestId: text }, () =>
				names.offeredAt(document, active),
			);
		assert.equal(await kept("area();"), "area();");
		assert.equal(await kept("perimeter();"), "");
	});

	it("are not asked for in prose", async () => {
		const editor = await open("The shape.", "plaintext");
		const names = new LanguageServerNames();
		const { document, selection } = editor;
		names.lookAhead(document, selection.active);
		assert.equal(
			await names.offeredAt(document, new vscode.Position(0, 10)),
			undefined,
		);
	});
});
